import type { DesiredChain } from '../../kernel/netfilter/sync-chains.ts'
import type { NfMatch, NfRule } from '../../kernel/tables.ts'
import type { Endpoint } from '../endpoints.ts'
import type { ServicePort } from '../service-ports.ts'
import { endpointChain } from './chain-names.ts'
import { comment, fromHost, jump, proto, rule } from './rule.ts'
import { causeOf } from './service-rules.ts'

/**
 * The choice among endpoints: a remembered client goes where it was, everybody else by lot. Of n endpoints the first is taken
 * with 1/n, the next of the rest with 1/(n-1), ..., the last always. Models writeServiceToEndpointRules().
 */
export function policyChain(port: ServicePort, endpoints: readonly Endpoint[], large: boolean): NfRule[] {
  const cause = causeOf(port, 'spec.selector')
  const about = ({ text }: Endpoint): NfMatch[] => (large ? [] : [comment(`${port.name} -> ${text}`)])
  const seconds = port.affinitySeconds
  const remembered =
    seconds === undefined
      ? []
      : endpoints.map((endpoint) => {
          const name = endpointChain(port, endpoint.text)
          return rule([...about(endpoint), { kind: 'recent', name, op: 'rcheck', seconds, reap: true }], jump(name), {
            cause: causeOf(port, 'spec.sessionAffinity'),
          })
        })
  const chosen = endpoints.map((endpoint, i) =>
    rule([...about(endpoint), ...lot(endpoints.length - i)], jump(endpointChain(port, endpoint.text)), { cause }),
  )
  return [...remembered, ...chosen]
}

/** kube-proxy writes ten decimals; the kernel keeps what that is of 2^31, rounded. */
function lot(left: number): NfMatch[] {
  if (left === 1) return []
  return [{ kind: 'statistic', mode: 'random', p: Math.round(Number((1 / left).toFixed(10)) * 2 ** 31) }]
}

/** A chain for each endpoint: mark what would come back to its sender, remember the client, translate. */
export function endpointChains(port: ServicePort, endpoints: readonly Endpoint[], large: boolean): DesiredChain[] {
  const about = large ? [] : [comment(port.name)]
  return endpoints.map((endpoint) => {
    const name = endpointChain(port, endpoint.text)
    const remember: NfMatch[] = port.affinitySeconds === undefined ? [] : [{ kind: 'recent', name, op: 'set' }]
    const rules = [
      rule([fromHost(endpoint.ip), ...about], jump('KUBE-MARK-MASQ'), { cause: causeOf(port, 'spec.selector') }),
      rule(
        [proto(port.protocol), ...about, ...moduleAfter(port, remember)],
        { kind: 'DNAT', to: endpoint.text },
        { cause: causeOf(port, `spec.ports[${port.index}].targetPort`) },
      ),
    ]
    const { pod } = endpoint
    const cause = pod ? { kind: 'Pod', ...pod, cluster: port.cluster } : causeOf(port, 'spec.selector')
    return { table: 'nat', name, rules: Object.freeze(rules), cause }
  })
}

/** `-m recent ... -m tcp`: the bare protocol module comes last. */
function moduleAfter(port: ServicePort, others: readonly NfMatch[]): NfMatch[] {
  return [...others, { kind: 'module', name: port.protocol }]
}
