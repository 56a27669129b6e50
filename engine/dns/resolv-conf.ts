export {
  type ClusterDns,
  parseResolvConf,
  type PodDnsSpec,
  type ResolvConf,
  resolvConfFor,
} from '../apps/resolv-conf.ts'
