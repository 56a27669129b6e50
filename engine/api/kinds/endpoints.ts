import { immutable } from '../field-error.ts'
import { kind } from './define.ts'
import { any, bool, int, list, object, string } from './schema.ts'

const endpoint = object('Endpoint', 'One backend.', {
  addresses: list('Its addresses; they are interchangeable.', string('Address.'), { required: true }),
  conditions: object(
    'EndpointConditions',
    'Whether it takes traffic.',
    {
      ready: bool('It takes new connections. Absent means yes.'),
      serving: bool('It answers, even while it ends.'),
      terminating: bool('It is about to end.'),
    },
    { default: {} },
  ),
  hostname: string('Host name of the endpoint.', { format: 'dns-label' }),
  nodeName: string('The node it runs on.', { refersTo: 'Node' }),
  zone: string('The zone it is in.'),
  targetRef: any('The pod behind it.'),
  hints: any('Who should prefer it.'),
  deprecatedTopology: any('No longer used.'),
})

const port = object('EndpointPort', 'A port of every endpoint in the slice.', {
  name: string('The Service port’s name.', { default: '' }),
  protocol: string('Transport protocol.', { values: ['TCP', 'UDP', 'SCTP'], default: 'TCP' }),
  port: int('The number; absent means all ports.', { format: 'port' }),
  appProtocol: string('What is spoken on it.'),
})

export const endpointSlice = kind({
  kind: 'EndpointSlice',
  group: 'discovery.k8s.io',
  doc: 'The backends of a Service, at most a hundred in each slice. kube-proxy reads these.',
  fields: {
    addressType: string('What kind of addresses.', { required: true, values: ['IPv4', 'IPv6', 'FQDN'] }),
    endpoints: list('The backends.', endpoint),
    ports: list('Their ports.', port),
  },
  validateUpdate: ({ addressType }, before) =>
    addressType === before.addressType ? [] : [immutable('addressType', addressType)],
})

export const endpoints = kind({
  kind: 'Endpoints',
  plural: 'endpoints',
  shortNames: ['ep'],
  generation: false,
  doc: 'The old form of EndpointSlices.',
  fields: {
    subsets: list(
      'Addresses that share ports.',
      object('EndpointSubset', 'Addresses and ports.', {
        addresses: list('Ready addresses.', any('Address.')),
        notReadyAddresses: list('Addresses that are not ready.', any('Address.')),
        ports: list('Their ports.', port),
      }),
    ),
  },
})
