// The rules kube-proxy (iptables mode), kubelet and flanneld feed to `iptables-restore --noflush`.
import { createHash } from 'node:crypto'

const CLUSTER = '10.244.0.0/16'
const CLUSTER_6 = 'fd00:10:244::/48'

/** default/web, the reference Service; override what differs. */
export const web = (endpoints, more = {}) => ({
  name: 'default/web:http',
  protocol: 'tcp',
  clusterIP: '10.96.20.30',
  port: 80,
  nodePort: 30080,
  endpoints,
  ...more,
})

/**
 * A whole sync. As in the daemon, `:CHAIN` lines empty its own chains first; the jumps out of the built-in chains are
 * made once, so a later sync leaves them out.
 */
export function kubeProxy(services, { jumps = true, cluster = CLUSTER } = {}) {
  const sections = services.map((service) => serviceRules(service, cluster))
  const chains = services.flatMap(chainsOf)
  const all = (part) => sections.flatMap((section) => section[part])
  return [
    '*mangle',
    ':KUBE-IPTABLES-HINT - [0:0]',
    ':KUBE-KUBELET-CANARY - [0:0]',
    ':KUBE-PROXY-CANARY - [0:0]',
    'COMMIT',
    ...filterTable(all('reject'), all('rejectExternal')),
    '*nat',
    ...NAT_CHAINS.map((chain) => `:${chain} - [0:0]`),
    ...chains.map((chain) => `:${chain} - [0:0]`),
    '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
    '-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING',
    '-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN',
    '-A KUBE-POSTROUTING -j MARK --xor-mark 0x4000',
    '-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully',
    '-A KUBE-MARK-MASQ -j MARK --or-mark 0x4000',
    ...all('portal'),
    '-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
    ...all('nodePort'),
    ...all('chains'),
    'COMMIT',
    '',
  ]
    .filter((line) => cluster === CLUSTER || !line.includes('127.0.0.0/8'))
    .filter((line) => jumps || !/^-A (INPUT|FORWARD|OUTPUT|PREROUTING|POSTROUTING) /.test(line))
    .join('\n')
}

const NAT_CHAINS = [
  'KUBE-KUBELET-CANARY',
  'KUBE-MARK-MASQ',
  'KUBE-NODEPORTS',
  'KUBE-POSTROUTING',
  'KUBE-PROXY-CANARY',
  'KUBE-SERVICES',
]
const FILTER_CHAINS = [
  'KUBE-EXTERNAL-SERVICES',
  'KUBE-FIREWALL',
  'KUBE-FORWARD',
  'KUBE-KUBELET-CANARY',
  'KUBE-NODEPORTS',
  'KUBE-PROXY-CANARY',
  'KUBE-PROXY-FIREWALL',
  'KUBE-SERVICES',
]

function filterTable(reject, rejectExternal) {
  const jump = (chain, comment, target, isNew) =>
    `-A ${chain}${isNew ? ' -m conntrack --ctstate NEW' : ''} -m comment --comment "${comment}" -j ${target}`
  return [
    '*filter',
    ...FILTER_CHAINS.map((chain) => `:${chain} - [0:0]`),
    jump('INPUT', 'kubernetes load balancer firewall', 'KUBE-PROXY-FIREWALL', true),
    jump('INPUT', 'kubernetes health check service ports', 'KUBE-NODEPORTS', false),
    jump('INPUT', 'kubernetes externally-visible service portals', 'KUBE-EXTERNAL-SERVICES', true),
    '-A INPUT -j KUBE-FIREWALL',
    jump('FORWARD', 'kubernetes load balancer firewall', 'KUBE-PROXY-FIREWALL', true),
    jump('FORWARD', 'kubernetes forwarding rules', 'KUBE-FORWARD', false),
    jump('FORWARD', 'kubernetes service portals', 'KUBE-SERVICES', true),
    jump('FORWARD', 'kubernetes externally-visible service portals', 'KUBE-EXTERNAL-SERVICES', true),
    jump('OUTPUT', 'kubernetes load balancer firewall', 'KUBE-PROXY-FIREWALL', true),
    jump('OUTPUT', 'kubernetes service portals', 'KUBE-SERVICES', true),
    '-A OUTPUT -j KUBE-FIREWALL',
    '-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP',
    '-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP',
    '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT',
    '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    ...reject,
    ...rejectExternal,
    'COMMIT',
  ]
}

function serviceRules(service, cluster) {
  const { name, protocol, clusterIP, port, nodePort, endpoints } = service
  const comment = (text) => `-m comment --comment "${text}"`
  const match = `-m ${protocol} -p ${protocol}`
  if (endpoints.length === 0) {
    const refused = `${comment(`${name} has no endpoints`)} ${match}`
    const external = `-A KUBE-EXTERNAL-SERVICES ${refused} -m addrtype --dst-type LOCAL --dport ${nodePort} -j REJECT`
    return {
      reject: [`-A KUBE-SERVICES ${refused} -d ${clusterIP} --dport ${port} -j REJECT`],
      rejectExternal: nodePort ? [external] : [],
      portal: [],
      nodePort: [],
      chains: [],
    }
  }
  const svc = chain('KUBE-SVC', service)
  const ext = chain('KUBE-EXT', service)
  const portal = `${comment(`${name} cluster IP`)} ${match} -d ${clusterIP} --dport ${port}`
  return {
    reject: [],
    rejectExternal: [],
    portal: [`-A KUBE-SERVICES ${portal} -j ${svc}`],
    nodePort: nodePort ? [`-A KUBE-NODEPORTS ${comment(name)} ${match} --dport ${nodePort} -j ${ext}`] : [],
    chains: [
      ...(nodePort
        ? [
            `-A ${ext} ${comment(`masquerade traffic for ${name} external destinations`)} -j KUBE-MARK-MASQ`,
            `-A ${ext} -j ${svc}`,
          ]
        : []),
      `-A ${svc} ${portal} ! -s ${cluster} -j KUBE-MARK-MASQ`,
      ...affinity(service),
      ...endpoints.map(
        (endpoint, i) =>
          `-A ${svc} ${comment(`${name} -> ${endpoint}`)}${odds(endpoints.length - i)} -j ${sep(service, endpoint)}`,
      ),
      ...endpoints.flatMap((endpoint) => [
        `-A ${sep(service, endpoint)} ${comment(name)} -s ${hostOf(endpoint)} -j KUBE-MARK-MASQ`,
        `-A ${sep(service, endpoint)} ${comment(name)}${remember(service, endpoint)} ${match} -j DNAT --to-destination ${endpoint}`,
      ]),
    ],
  }
}

/** `10.0.0.1:80` and `[fd00::1]:80` without the port. */
const hostOf = (endpoint) => endpoint.replace(/:\d+$/, '').replace(/[[\]]/g, '')

/** sessionAffinity ClientIP: a client that is remembered for an endpoint goes there again. */
function affinity(service) {
  if (!service.affinitySeconds) return []
  const recent = (name) => `-m recent --name ${name} --rcheck --seconds ${service.affinitySeconds} --reap`
  return service.endpoints.map((endpoint) => {
    const target = sep(service, endpoint)
    const comment = `-m comment --comment "${service.name} -> ${endpoint}"`
    return `-A ${chain('KUBE-SVC', service)} ${comment} ${recent(target)} -j ${target}`
  })
}

const remember = (service, endpoint) =>
  service.affinitySeconds ? ` -m recent --name ${sep(service, endpoint)} --set` : ''

const odds = (left) => (left === 1 ? '' : ` -m statistic --mode random --probability ${(1 / left).toFixed(10)}`)

function chainsOf(service) {
  if (service.endpoints.length === 0) return []
  const own = [chain('KUBE-SVC', service), ...(service.nodePort ? [chain('KUBE-EXT', service)] : [])]
  return [...own, ...service.endpoints.map((endpoint) => sep(service, endpoint))]
}

const chain = (prefix, service) => `${prefix}-${hash(service.name + service.protocol)}`
const sep = (service, endpoint) => `KUBE-SEP-${hash(service.name + service.protocol + endpoint)}`

/** First 16 characters of the base32 of the SHA-256. */
function hash(text) {
  const bits = [...createHash('sha256').update(text).digest()].map((b) => b.toString(2).padStart(8, '0')).join('')
  return bits
    .match(/.{5}/g)
    .slice(0, 16)
    .map((five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(five, 2)])
    .join('')
}

export function flannel(podCidr) {
  const masq = '-m comment --comment "flanneld masq"'
  const forward = '-m comment --comment "flanneld forward"'
  return [
    '*filter',
    ':FLANNEL-FWD - [0:0]',
    `-A FORWARD ${forward} -j FLANNEL-FWD`,
    `-A FLANNEL-FWD -s ${CLUSTER} ${forward} -j ACCEPT`,
    `-A FLANNEL-FWD -d ${CLUSTER} ${forward} -j ACCEPT`,
    'COMMIT',
    '*nat',
    ':FLANNEL-POSTRTG - [0:0]',
    `-A POSTROUTING ${masq} -j FLANNEL-POSTRTG`,
    `-A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 ${masq} -j RETURN`,
    `-A FLANNEL-POSTRTG -s ${podCidr} -d ${CLUSTER} ${masq} -j RETURN`,
    `-A FLANNEL-POSTRTG -s ${CLUSTER} -d ${podCidr} ${masq} -j RETURN`,
    `-A FLANNEL-POSTRTG ! -s ${CLUSTER} -d ${podCidr} ${masq} -j RETURN`,
    `-A FLANNEL-POSTRTG -s ${CLUSTER} ! -d 224.0.0.0/4 ${masq} -j MASQUERADE --random-fully`,
    `-A FLANNEL-POSTRTG ! -s ${CLUSTER} -d ${CLUSTER} ${masq} -j MASQUERADE --random-fully`,
    'COMMIT',
    '',
  ].join('\n')
}

/** kube-proxy's rules of an IPv6 cluster. */
export const nodeRules6 = (services) => [kubeProxy(services, { cluster: CLUSTER_6 })]

/** What a node of the reference cluster carries: kube-proxy's rules for these services, then flannel's. */
export const nodeRules = (number, services) => [kubeProxy(services), flannel(`10.244.${number}.0/24`)]
export const bothNodes = (services) => ({ n1: nodeRules(1, services), n2: nodeRules(2, services) })
