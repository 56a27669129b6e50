import { kind } from './define.ts'
import { any, bool, int, intOrString, list, map, object, string, unmodelled } from './schema.ts'

const text = (doc: string) => string(doc)

const nodeItem = object('ClusterNode', 'A machine of the cluster.', {
  name: text('Its name.'),
  role: string('What it is for.', { values: ['control-plane', 'worker'] }),
  address: text('Its address on the underlay.'),
  podCIDR: text('Range from which its pods get addresses.'),
  podCIDRs: list('The same for each address family.', text('Range.')),
  subnet: text('The underlay subnet that it is in.'),
  zone: text('Its zone.'),
  cpu: intOrString('Its processors.'),
  memory: intOrString('Its memory.'),
  labels: map('Labels of the Node object.', text('Value.')),
  taints: any('Taints of the Node object.'),
})

const cni = object('CniChoice', 'The network provider and its own options.', {
  name: string('The provider.', {
    values: [
      ...['flannel', 'kubenet', 'calico', 'cilium', 'weave', 'azure', 'aws', 'gcp'],
      ...['anthos', 'ncp', 'antrea', 'tanzu', 'ovn-kubernetes'],
    ],
  }),
  backend: string('flannel: how packets cross the underlay.', { values: ['vxlan', 'host-gw', 'udp', 'wireguard'] }),
  directRouting: bool('flannel: no overlay between nodes of one subnet.'),
  encapsulation: string('calico: how packets cross the underlay.', {
    values: ['none', 'ipip', 'ipip-cross-subnet', 'vxlan', 'vxlan-cross-subnet'],
  }),
  routing: string('cilium: how packets cross the underlay.', { values: ['vxlan', 'geneve', 'native'] }),
})

/** Fields of the Cluster document, top level or under `spec` alike. Read and checked by the cluster's own reader. */
const clusterFields = {
  nodes: list('The machines, or simply how many workers.', nodeItem),
  networking: object('ClusterNetworking', 'Addresses, provider and kube-proxy.', {
    podSubnet: text('Range of all pods, for example 10.244.0.0/16.'),
    serviceSubnet: text('Range of all Services, for example 10.96.0.0/16.'),
    ipFamily: string('Address families.', { values: ['ipv4', 'ipv6', 'dual'] }),
    nodeCidrMaskSize: int('Size of a node’s share of podSubnet.'),
    dnsDomain: text('Domain of Services, cluster.local by default.'),
    cni,
    kubeProxyMode: string('How kube-proxy programs the kernel.', { values: ['iptables', 'nftables', 'ipvs', 'none'] }),
    kubeProxy: object('KubeProxyFlags', 'Fields of KubeProxyConfiguration under short names.', {
      masqueradeAll: bool('Masquerade everything that goes to a Service.'),
      masqueradeBit: int('The mark’s bit.'),
      detectLocal: string('How local traffic is told apart.', {
        values: ['clusterCIDR', 'nodeCIDR', 'bridge', 'prefix', 'none'],
      }),
      clusterCIDR: text('Range of all pods, or one of each family with a comma between.'),
      bridgeInterface: text('For detectLocal: bridge.'),
      interfaceNamePrefix: text('For detectLocal: prefix.'),
      localhostNodePorts: bool('NodePorts answer on 127.0.0.1.'),
      tcpBeLiberal: bool('conntrack lets TCP segments outside the window pass.'),
      nodePortAddresses: list('Node addresses that serve NodePorts.', text('Range, or `primary`.')),
      scheduler: text('For ipvs.'),
      strictARP: bool('For ipvs.'),
      minSyncPeriod: text('At least so long between two syncs.'),
      syncPeriod: text('At most so long between two syncs.'),
    }),
    nodePorts: any('Range of node ports.'),
    disableDefaultCNI: bool('No network at all.'),
    apiServerAddress: text('As kind’s; not used.'),
    apiServerPort: int('As kind’s; not used.'),
  }),
  cloud: any('Provider, and kind of load balancer.'),
  underlay: object('Underlay', 'What lies between the machines.', {
    mtu: int('The largest packet of every wire.'),
    subnets: list(
      'Networks of the machines.',
      object('UnderlaySubnet', 'A network.', {
        name: text('Its name.'),
        cidr: text('Its range.'),
        gateway: text('Its router.'),
      }),
    ),
    routers: any('Routers between them.'),
    hosts: list(
      'Hosts outside the cluster.',
      object('UnderlayHost', 'A host.', {
        name: text('Its name.'),
        address: text('Its address.'),
        gateway: text('Its router.'),
      }),
    ),
  }),
  version: text('Kubernetes version.'),
  era: string('Which years’ defaults.', { values: ['2021', 'today'] }),
  pin: any('What allocators would choose, fixed.'),
  timeCosts: any('How long things take.'),
}

export const cluster = kind({
  kind: 'Cluster',
  group: 'podwalk.dev',
  namespaced: false,
  doc: 'The machines, their network and the provider. Without one: a control plane and three workers on flannel.',
  fields: { spec: object('ClusterSpec', 'How the cluster is set up.', clusterFields), ...clusterFields },
})

export const traffic = kind({
  kind: 'Traffic',
  group: 'podwalk.dev',
  plural: 'traffic',
  doc: 'Packets to send, and what should become of them.',
  fields: {
    spec: object(
      'TrafficSpec',
      'From where to where.',
      {
        from: text('`ns/pod`, `ns/deploy/NAME`, `node/NAME`, `external`.'),
        to: text('`svc/NAME.NS`, `ns/pod`, a DNS name, an address.'),
        port: intOrString('Number or name.'),
        protocol: string('Transport protocol.', { values: ['TCP', 'UDP', 'SCTP', 'ICMP'] }),
        size: int('Bytes of payload.'),
        sourcePort: int('The client’s port.'),
        http: any('The request to send.'),
        dns: any('The question to ask.'),
        count: int('How many times.'),
        interval: intOrString('How far apart.'),
        expect: any('The verdict that should come out.'),
      },
      { required: true },
    ),
    status: any('What became of them.'),
  },
})

export const fault = kind({
  kind: 'Fault',
  group: 'podwalk.dev',
  acts: false,
  doc: 'Something that breaks at a given time.',
  fields: {
    spec: unmodelled(
      object(
        'FaultSpec',
        'What breaks.',
        {
          at: any('When.'),
          target: any('What.'),
          type: text('How.'),
          parameters: any('Details.'),
        },
        { required: true },
      ),
    ),
  },
})
