import { describe, expect, test } from 'vitest'
import { parseResolvConf, type PodDnsSpec, resolvConfFor } from './resolv-conf.ts'

const cluster = { clusterDns: ['10.96.0.10'], clusterDomain: 'cluster.local' }
const host = 'nameserver 192.168.10.1\nsearch example.internal\noptions edns0 trust-ad\n'

describe('resolv.conf by dnsPolicy', () => {
  test.each<[string, PodDnsSpec, string]>([
    [
      'ClusterFirst is the default',
      {},
      'search shop.svc.cluster.local svc.cluster.local cluster.local example.internal\nnameserver 10.96.0.10\noptions ndots:5\n',
    ],
    [
      "ClusterFirst on the host network is the host's",
      { hostNetwork: true },
      'search example.internal\nnameserver 192.168.10.1\noptions edns0 trust-ad\n',
    ],
    [
      'ClusterFirstWithHostNet',
      { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' },
      'search shop.svc.cluster.local svc.cluster.local cluster.local example.internal\nnameserver 10.96.0.10\noptions ndots:5\n',
    ],
    ['Default', { dnsPolicy: 'Default' }, 'search example.internal\nnameserver 192.168.10.1\noptions edns0 trust-ad\n'],
    [
      'None with dnsConfig',
      {
        dnsPolicy: 'None',
        dnsConfig: {
          nameservers: ['1.1.1.1'],
          searches: ['a.example'],
          options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }],
        },
      },
      'search a.example\nnameserver 1.1.1.1\noptions ndots:2 edns0\n',
    ],
    [
      'dnsConfig merges: options by name',
      { dnsConfig: { searches: ['svc.cluster.local', 'x.example'], options: [{ name: 'ndots', value: '1' }] } },
      'search shop.svc.cluster.local svc.cluster.local cluster.local example.internal x.example\nnameserver 10.96.0.10\noptions ndots:1\n',
    ],
  ])('%s', (_name, spec, text) => {
    expect(resolvConfFor(spec, 'shop', cluster, host)).toBe(text)
  })

  test('what a resolver reads of it', () => {
    expect(parseResolvConf('# c\nnameserver 10.96.0.10\nsearch a b.\noptions ndots:5 timeout:1 attempts:9\n')).toEqual({
      nameservers: ['10.96.0.10'],
      search: ['a', 'b'],
      ndots: 5,
      timeoutUs: 1_000_000,
      attempts: 5,
      options: ['ndots:5', 'timeout:1', 'attempts:9'],
    })
    expect(parseResolvConf('')).toMatchObject({
      nameservers: [],
      search: [],
      ndots: 1,
      timeoutUs: 5_000_000,
      attempts: 2,
    })
  })
})
