/**
 * A pod's `/etc/resolv.conf` by its dnsPolicy.
 * Models kubernetes pkg/kubelet/network/dns/dns.go GetPodDNS() and containerd's order of the lines.
 */
export interface PodDnsSpec {
  readonly dnsPolicy?: string
  readonly hostNetwork?: boolean
  readonly dnsConfig?: {
    readonly nameservers?: readonly string[]
    readonly searches?: readonly string[]
    readonly options?: readonly { readonly name: string; readonly value?: string }[]
  }
}

/** kubelet's `clusterDNS` and `clusterDomain`. */
export interface ClusterDns {
  readonly clusterDns: readonly string[]
  readonly clusterDomain: string
}

/** What a resolver reads: RFC-less, resolv.conf(5). */
export interface ResolvConf {
  readonly nameservers: readonly string[]
  readonly search: readonly string[]
  readonly ndots: number
  readonly timeoutUs: number
  readonly attempts: number
  readonly options: readonly string[]
}

const MAX_NAMESERVERS = 3
const MAX_SEARCHES = 32

/** The text of the file. `hostText` is the node's own resolv.conf, which policy Default copies and ClusterFirst extends. */
export function resolvConfFor(spec: PodDnsSpec, namespace: string, cluster: ClusterDns, hostText: string): string {
  const host = parseResolvConf(hostText)
  const base = baseFor(spec, namespace, cluster, host)
  const extra = spec.dnsConfig
  const nameservers = unique([...base.nameservers, ...(extra?.nameservers ?? [])]).slice(0, MAX_NAMESERVERS)
  const search = unique([...base.search, ...(extra?.searches ?? [])]).slice(0, MAX_SEARCHES)
  const options = mergeOptions(base.options, extra?.options ?? [])
  return [
    ...(search.length > 0 ? [`search ${search.join(' ')}`] : []),
    ...nameservers.map((address) => `nameserver ${address}`),
    ...(options.length > 0 ? [`options ${options.join(' ')}`] : []),
  ]
    .map((line) => `${line}\n`)
    .join('')
}

function baseFor(
  spec: PodDnsSpec,
  namespace: string,
  cluster: ClusterDns,
  host: ResolvConf,
): Pick<ResolvConf, 'nameservers' | 'search' | 'options'> {
  const policy = spec.dnsPolicy ?? 'ClusterFirst'
  if (policy === 'None') return { nameservers: [], search: [], options: [] }
  const clusterFirst = policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && !spec.hostNetwork)
  if (!clusterFirst || cluster.clusterDns.length === 0) return host
  const domain = cluster.clusterDomain
  return {
    nameservers: cluster.clusterDns,
    search: unique([`${namespace}.svc.${domain}`, `svc.${domain}`, domain, ...host.search]),
    options: ['ndots:5'],
  }
}

/** Reads a resolv.conf(5): the last `search` or `domain` line wins; unknown lines are skipped. */
export function parseResolvConf(text: string): ResolvConf {
  const nameservers: string[] = []
  let search: readonly string[] = []
  const options: string[] = []
  for (const line of text.split('\n')) {
    const [word, ...rest] = line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/)
    if (word === 'nameserver' && rest[0]) nameservers.push(rest[0])
    else if (word === 'search' || word === 'domain')
      search = rest.map((name) => name.replace(/\.$/, '')).filter((name) => name !== '')
    else if (word === 'options') options.push(...rest)
  }
  const value = (name: string, fallback: number, most: number) => {
    const given = options
      .map((option) => new RegExp(`^${name}:(\\d+)$`).exec(option)?.[1])
      .filter((found) => found !== undefined)
      .pop()
    return given === undefined ? fallback : Math.min(Number(given), most)
  }
  return {
    nameservers: nameservers.slice(0, MAX_NAMESERVERS),
    search,
    ndots: value('ndots', 1, 15),
    timeoutUs: value('timeout', 5, 30) * 1_000_000,
    attempts: value('attempts', 2, 5),
    options,
  }
}

/** dnsConfig's options replace those of the same name. */
function mergeOptions(
  base: readonly string[],
  extra: readonly { readonly name: string; readonly value?: string }[],
): string[] {
  const merged = new Map(base.map((option) => [option.split(':')[0], option]))
  for (const { name, value } of extra) merged.set(name, value === undefined || value === '' ? name : `${name}:${value}`)
  return [...merged.values()]
}

function unique(list: readonly string[]): string[] {
  return [...new Set(list)]
}
