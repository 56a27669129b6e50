import { expect, test } from 'vitest'
import { readScenario } from '../api/scenario-text.ts'
import { apiOf } from '../api/store.ts'
import { locateIn } from '../api/provenance.ts'
import { type BareWorld, bareWorld } from '../testing/bare-world.ts'
import { bootstrapCluster } from './bootstrap.ts'
import { resolveClusters } from './config.ts'

const cluster = (spec: string) => `
apiVersion: podwalk.dev/v1
kind: Cluster
metadata: {name: c}
spec:
  ${spec}
`

function boot(text: string, bare = bareWorld()): BareWorld {
  const scenario = readScenario({ files: [{ name: 'a.yaml', text }] })
  for (const row of scenario.sources) bare.world.put('source', row)
  for (const config of resolveClusters(scenario.documents).configs) bootstrapCluster(bare.ctx, config)
  return bare
}

const object = ({ world }: BareWorld, id: string) => world.get('object', id)?.object

test('a cluster begins with what its installer makes', () => {
  const bare = boot(cluster('nodes: 2'))
  expect(
    bare.world
      .rows('object')
      .map(({ id }) => id)
      .sort(),
  ).toEqual([
    'ConfigMap/kube-flannel/kube-flannel-cfg',
    'ConfigMap/kube-system/coredns',
    'ConfigMap/kube-system/kube-proxy',
    'DaemonSet/kube-flannel/kube-flannel-ds',
    'DaemonSet/kube-system/kube-proxy',
    'Deployment/kube-system/coredns',
    'EndpointSlice/default/kubernetes',
    'Namespace//default',
    'Namespace//kube-flannel',
    'Namespace//kube-node-lease',
    'Namespace//kube-public',
    'Namespace//kube-system',
    'Node//control-plane',
    'Node//worker',
    'Pod/kube-system/etcd-control-plane',
    'Pod/kube-system/kube-apiserver-control-plane',
    'Pod/kube-system/kube-controller-manager-control-plane',
    'Pod/kube-system/kube-scheduler-control-plane',
    'Service/default/kubernetes',
    'Service/kube-system/kube-dns',
    'ServiceAccount/kube-flannel/flannel',
    'ServiceAccount/kube-system/coredns',
    'ServiceAccount/kube-system/kube-proxy',
  ])
  expect(object(bare, 'Service/default/kubernetes')?.spec).toMatchObject({
    clusterIP: '10.96.0.1',
    ports: [{ port: 443, targetPort: 6443 }],
  })
  expect(object(bare, 'EndpointSlice/default/kubernetes')?.endpoints).toMatchObject([{ addresses: ['192.168.10.10'] }])
  expect(object(bare, 'Service/kube-system/kube-dns')?.spec).toMatchObject({
    clusterIP: '10.96.0.10',
    selector: { 'k8s-app': 'kube-dns' },
  })
  expect(object(bare, 'ConfigMap/kube-system/coredns')?.data.Corefile).toContain(
    'kubernetes cluster.local in-addr.arpa ip6.arpa {',
  )
})

test('other ranges move the addresses that belong to them', () => {
  const bare = boot(cluster('networking: {serviceSubnet: 10.32.0.0/24, dnsDomain: example.internal}'))
  expect(object(bare, 'Service/default/kubernetes')?.spec.clusterIP).toBe('10.32.0.1')
  expect(object(bare, 'Service/kube-system/kube-dns')?.spec.clusterIP).toBe('10.32.0.10')
  expect(object(bare, 'ConfigMap/kube-system/coredns')?.data.Corefile).toContain('kubernetes example.internal')
})

test.each([
  ['nodes: 2', [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }]],
  ['nodes: 1', undefined],
  ['{nodes: 2, era: "2021"}', [{ key: 'node-role.kubernetes.io/master', effect: 'NoSchedule' }]],
])('the control plane of %s has taints %j', (spec, taints) => {
  expect(object(boot(cluster(spec)), 'Node//control-plane')?.spec.taints).toEqual(taints)
})

test('a Node of the text keeps what it says and gets what it does not', () => {
  const given =
    '---\napiVersion: v1\nkind: Node\nmetadata: {name: worker, labels: {disk: ssd}}\nspec: {podCIDR: 10.244.9.0/24}\n'
  const node = object(boot(cluster('nodes: 2') + given), 'Node//worker')
  expect(node?.metadata.labels).toMatchObject({
    disk: 'ssd',
    'kubernetes.io/hostname': 'worker',
    'kubernetes.io/os': 'linux',
  })
  expect(node?.spec).toMatchObject({ podCIDR: '10.244.9.0/24', podCIDRs: ['10.244.9.0/24'] })
  expect(node?.status).toMatchObject({
    addresses: [{ type: 'InternalIP', address: '192.168.10.11' }, { type: 'Hostname' }],
    capacity: { cpu: '4', pods: '110' },
  })
})

test('what the text brings itself, nobody else makes', () => {
  const own =
    '---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: coredns, namespace: kube-system}\ndata: {Corefile: ".:53 {}"}\n'
  expect(object(boot(cluster('nodes: 1') + own), 'ConfigMap/kube-system/coredns')).toBeUndefined()
})

test('again writes nothing; an edit changes what it speaks of and leaves others’ fields', () => {
  const bare = boot(cluster('nodes: 2'))
  const at = bare.world.position
  for (const config of bare.world.rows('clusterConfig')) bootstrapCluster(bare.ctx, structuredClone(config))
  expect(bare.world.position).toBe(at)
  apiOf(bare.ctx, 'c').patch('Node', '', 'worker', { spec: { podCIDR: '10.244.1.0/24' } })
  boot(cluster('{nodes: 3, networking: {cni: {name: flannel, backend: host-gw}}}'), bare)
  expect(object(bare, 'Node//worker')?.spec.podCIDR).toBe('10.244.1.0/24')
  expect(object(bare, 'Node//worker2')?.status.addresses[0].address).toBe('192.168.10.12')
  expect(bare.world.get('link', 'worker2|eth0')?.up).toBe(true)
  expect(object(bare, 'ConfigMap/kube-flannel/kube-flannel-cfg')?.data['net-conf.json']).toContain('"Type": "host-gw"')
})

test('Nodes and the network’s objects lead to the lines that asked for them', () => {
  const bare = boot(
    cluster(
      'nodes:\n    - {name: a}\n    - {name: b, podCIDR: 10.244.7.0/24}\n  networking:\n    cni: {name: flannel}',
    ),
  )
  const line = (id: string, field?: string) => {
    const row = bare.world.get('object', id)
    return row && locateIn(bare.world, row, field)?.line
  }
  expect(line('Node//a')).toBe(7)
  expect(line('Node//b', 'spec.podCIDR')).toBe(8)
  expect(line('ConfigMap/kube-flannel/kube-flannel-cfg', 'data')).toBe(10)
})

test('two clusters stand on one fabric, their hosts and objects apart', () => {
  const bare = boot(`${cluster('nodes: 1')}---${cluster('nodes: 1').replace('name: c', 'name: d')}`)
  expect(bare.world.rows('host').map(({ id, cluster: of }) => `${id} ${of ?? '-'}`)).toEqual([
    'control-plane c',
    'd:control-plane d',
    'external -',
    'onprem -',
    'router -',
    'sw-lan -',
  ])
  expect(bare.world.get('object', 'd:Node//control-plane')?.cluster).toBe('d')
})
