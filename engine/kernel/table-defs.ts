import type { TableDef } from '../core/table.ts'
import { needsConntrack } from './netfilter/needs-conntrack.ts'
import type * as T from './tables.ts'

/** How the kernel's tables are ordered and indexed. Index `netns` exists on everything that lives in a netns. */
const netns = (row: { readonly netns: string }) => row.netns

export const hostTable: TableDef<T.HostRow> = { name: 'host' }
export const netnsTable: TableDef<T.NetnsRow> = {
  name: 'netns',
  indexes: {
    host: (r) => r.host,
    cause: ({ cause: c }) => c && `${c.cluster ?? ''}:${c.kind}/${c.namespace ?? ''}/${c.name}`,
  },
}
export const linkTable: TableDef<T.LinkRow> = {
  name: 'link',
  order: (a, b) => (a.netns < b.netns ? -1 : a.netns > b.netns ? 1 : a.ifindex - b.ifindex),
  indexes: { netns, master: (r) => r.master },
}
export const linkStatTable: TableDef<T.LinkStatRow> = { name: 'linkStat' }
export const addrTable: TableDef<T.AddrRow> = {
  name: 'addr',
  order: (a, b) => a.seq - b.seq,
  indexes: { netns, link: (r) => r.link, address: (r) => r.address, netnsAddress: (r) => `${r.netns}|${r.address}` },
}
export const routeTable: TableDef<T.RouteRow> = {
  name: 'route',
  indexes: { netns, netnsFamily: (r) => `${r.netns}|${r.family}` },
}
export const ruleTable: TableDef<T.RuleRow> = {
  name: 'rule',
  order: (a, b) => a.priority - b.priority,
  indexes: { netns },
}
export const neighTable: TableDef<T.NeighRow> = {
  name: 'neigh',
  indexes: { netns, link: (r) => r.link, address: (r) => r.address },
}
export const fdbTable: TableDef<T.FdbRow> = {
  name: 'fdb',
  indexes: {
    netns,
    link: (r) => r.link,
    bridgeMac: (r) => (r.bridge ? `${r.bridge}|${r.mac}` : undefined),
    linkMac: (r) => `${r.link}|${r.mac}`,
  },
}
export const sysctlTable: TableDef<T.SysctlRow> = { name: 'sysctl', indexes: { netns } }
export const nfChainTable: TableDef<T.NfChainRow> = {
  name: 'nfChain',
  indexes: {
    netns,
    netnsTable: (r) => `${r.netns}|${r.family}|${r.table}`,
    base: (r) => (r.hook ? `${r.netns}|${r.family}` : undefined),
    owned: (r) => (r.owner ? `${r.netns}|${r.family}|${r.owner}` : undefined),
    tracking: (r) => (needsConntrack(r.rules) ? `${r.netns}|${r.family}` : undefined),
  },
}
export const nfCountTable: TableDef<T.NfCountRow> = { name: 'nfCount', indexes: { netns, chain: (r) => r.chain } }
export const nfSetTable: TableDef<T.NfSetRow> = { name: 'nfSet', indexes: { netns } }
export const recentTable: TableDef<T.RecentRow> = { name: 'recent', indexes: { netns } }
export const hookTable: TableDef<T.HookRow> = {
  name: 'hook',
  order: (a, b) => a.priority - b.priority,
  indexes: { netns, netnsHook: (r) => `${r.netns}|${r.hook}`, link: (r) => r.link },
}
export const conntrackTable: TableDef<T.ConntrackRow> = { name: 'conntrack', indexes: { netns, key: (r) => r.keys } }
export const pmtuTable: TableDef<T.PmtuRow> = { name: 'pmtu', indexes: { netns } }
export const socketTable: TableDef<T.SocketRow> = {
  name: 'socket',
  indexes: { netns, port: (r) => `${r.netns}|${r.proto}|${r.localPort}`, app: (r) => r.app },
}
export const appTable: TableDef<T.AppRow> = { name: 'app', indexes: { netns } }
export const queuedSkbTable: TableDef<T.QueuedSkbRow> = {
  name: 'queuedSkb',
  order: (a, b) => a.sinceUs - b.sinceUs,
  indexes: { netns, key: (r) => r.key },
}

export const fileTable: TableDef<T.FileRow> = {
  name: 'file',
  order: (a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0),
  indexes: {
    scope: (r) => r.scope,
    dir: (r) => `${r.scope}|${r.path.slice(0, r.path.lastIndexOf('/'))}`,
    // Short files by what they say: an IPAM lease by its container.
    text: (r) => (r.text.length < 100 ? `${r.scope}|${r.text}` : undefined),
  },
}

export const KERNEL_TABLES = [
  hostTable,
  netnsTable,
  linkTable,
  linkStatTable,
  addrTable,
  routeTable,
  ruleTable,
  neighTable,
  fdbTable,
  sysctlTable,
  nfChainTable,
  nfCountTable,
  nfSetTable,
  recentTable,
  hookTable,
  conntrackTable,
  pmtuTable,
  socketTable,
  appTable,
  queuedSkbTable,
  fileTable,
] as const
