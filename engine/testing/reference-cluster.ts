import { applyScenario, readScenario } from '../api/scenario-text.ts'
import { bootstrapCluster } from '../cluster/bootstrap.ts'
import { resolveClusters } from '../cluster/config.ts'
import { setComponents } from '../control/components.ts'
import { assert } from '../core/assert.ts'
import { Simulation } from '../simulation.ts'

/**
 * Three nodes, the third behind a router, with the addresses that textbooks print:
 *
 *     n1 192.168.10.11   n2 192.168.10.12   |router|   n3 192.168.20.13      podCIDRs 10.244.{1,2,3}.0/24
 */
export function referenceText(cni: string): string {
  return `
apiVersion: podwalk.dev/v1
kind: Cluster
metadata: {name: reference}
spec:
  nodes:
    - {name: n1, address: 192.168.10.11, podCIDR: 10.244.1.0/24}
    - {name: n2, address: 192.168.10.12, podCIDR: 10.244.2.0/24}
    - {name: n3, address: 192.168.20.13, podCIDR: 10.244.3.0/24}
  networking:
    cni: ${cni}
  pin:
    macs:
      n1/eth0: 52:54:00:00:00:11
      n2/eth0: 52:54:00:00:00:12
      n3/eth0: 52:54:00:00:00:13
      n1/flannel.1: 4e:11:aa:00:00:01
      n2/flannel.1: 92:5b:65:01:ef:02
      n3/flannel.1: 5a:f1:a5:73:e4:03
    pods:
      default/client: 10.244.1.10
      default/web-a: 10.244.1.11
      default/web-b: 10.244.2.11
      default/web-c: 10.244.3.11
`
}

/** A pod that is bound already and listens on 8080. */
export function podText(name: string, node: string): string {
  return `
apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  labels: {app: ${name === 'client' ? 'client' : 'web'}}
spec:
  nodeName: ${node}
  containers:
    - name: main
      image: registry.k8s.io/e2e-test-images/agnhost:2.53
      args: [netexec, --http-port=8080]
      ports: [{containerPort: 8080}]
`
}

/** The four pods of the reference cluster. */
export const REFERENCE_PODS = [
  podText('client', 'n1'),
  podText('web-a', 'n1'),
  podText('web-b', 'n2'),
  podText('web-c', 'n3'),
].join('---')

/**
 * A settled world of a text, without the cluster's own pods: the networks' daemons run by themselves, and no DNS is
 * deployed.
 */
export function world(...texts: readonly string[]): Simulation {
  const scenario = readScenario({ files: [{ name: 'a.yaml', text: texts.join('\n---\n') }] })
  const { configs, diagnostics } = resolveClusters(scenario.documents)
  const errors = [...scenario.diagnostics, ...diagnostics].filter(({ severity }) => severity === 'error')
  assert(errors.length === 0, JSON.stringify(errors))
  const sim = new Simulation({ seed: 1 })
  sim.transact('load', (ctx) => {
    setComponents(ctx.tx, { stop: ['daemonset-controller', 'deployment-controller'] })
    for (const config of configs) bootstrapCluster(ctx, config)
    const refused = applyScenario(ctx, undefined, scenario).filter(({ severity }) => severity === 'error')
    assert(refused.length === 0, JSON.stringify(refused))
  })
  assert(sim.settle(), 'the world does not settle')
  return sim
}

/** The same after its text changed. */
export function edit(sim: Simulation, ...texts: readonly string[]): Simulation {
  const scenario = readScenario({ files: [{ name: 'a.yaml', text: texts.join('\n---\n') }] })
  sim.transact('edit', (ctx) => {
    for (const config of resolveClusters(scenario.documents).configs) bootstrapCluster(ctx, config)
  })
  assert(sim.settle(), 'the world does not settle')
  return sim
}

/** Text of routes (main table), neighbours and fdb of a host that one author wrote. */
export function written(sim: Simulation, host: string, owner: string): string[] {
  const { world: rows } = sim
  const dev = (link: string) => link.slice(link.lastIndexOf('|') + 1)
  return [
    ...rows
      .by('route', 'netns', host)
      .filter((row) => row.owner === owner && row.table === 254)
      .map(
        ({ dst, nexthops: [hop] }) =>
          `${dst}${hop.via ? ` via ${hop.via}` : ''} dev ${dev(hop.dev)}${hop.onlink ? ' onlink' : ''}`,
      ),
    ...rows
      .by('neigh', 'netns', host)
      .filter((row) => row.owner === owner)
      .map(({ address, link, lladdr, state }) => `${address} dev ${dev(link)} lladdr ${lladdr} ${state}`),
    ...rows
      .by('fdb', 'netns', host)
      .filter((row) => row.owner === owner)
      .map(({ mac, link, dst, flags, state }) => `${mac} dev ${dev(link)} dst ${dst} ${flags.join(' ')} ${state}`),
  ]
}
