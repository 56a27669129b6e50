/**
 * What programs a Linux host: the verbs of ip(8), bridge(8) and sysctl(8) with the kernel's own errors. Daemons and CNI
 * plugins change links, addresses, routes, neighbours and fdb through these and through `syncOwned` only.
 */
export { fdbAdd, fdbAppend, fdbDel, fdbReplace, type FdbSpec } from './bridge/fdb-verbs.ts'
export { hasCarrier, linkAdd, type LinkChange, linkDel, linkSet, type LinkSpec } from './dev/link-verbs.ts'
export { addrAdd, addrDel, type AddrSpec } from './fib/addr-verbs.ts'
export { routeAdd, routeDel, routeReplace, type RouteSpec } from './fib/route-verbs.ts'
export { ruleAdd, ruleDel, type RuleSpec } from './fib/rules.ts'
export { hostAdd, hostDel, type HostSpec, netnsAdd, netnsDel, type NetnsSpec } from './host.ts'
export { neighAdd, neighDel, neighReplace, type NeighSpec } from './neigh/neigh-verbs.ts'
export type { NetlinkError, NetlinkResult } from './netlink-result.ts'
export { syncOwned } from './sync-owned.ts'
export { sysctlSet, type SysctlSpec, sysctlValue } from './sysctl.ts'
