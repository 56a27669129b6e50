import type { Request } from '../headless/answer.ts'

/**
 * What a stranger might paste. Texts are made here, not kept: the longest are a megabyte. `expect` is a part of the
 * message: of the error for `refused`, of some diagnostic for `told`; `runs` has nothing to complain about.
 */
export interface HostileCase {
  readonly name: string
  readonly request: Request
  readonly refused?: string
  readonly told?: string
  /** Most events that the case may take; without it a quiet cluster's. */
  readonly events?: number
}

const QUIET_EVENTS = 1_000
export const eventsAllowed = ({ events }: HostileCase): number => events ?? QUIET_EVENTS

const list = (count: number, each: (i: number) => string, between = '---\n') =>
  Array.from({ length: count }, (_, i) => each(i)).join(between)

export const container = '{name: c, image: nginx}'
export const pod = (name: string | number, metadata = '', spec = '') =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}${metadata}}\nspec: {containers: [${container}]${spec}}\n`
export const workload = (kind: string, replicas: unknown, { name = 'a', spec = '' } = {}) =>
  `apiVersion: apps/v1\nkind: ${kind}\nmetadata: {name: ${name}}\nspec:\n  replicas: ${replicas}\n${spec}  selector: {matchLabels: {app: a}}\n  template:\n    metadata: {labels: {app: a}}\n    spec: {containers: [${container}]}\n`
const deployment = (replicas: unknown, name?: string) => workload('Deployment', replicas, { name })
const job = (spec: string, command = '') =>
  `apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: {${spec}, template: {spec: {restartPolicy: Never, containers: [{name: c, image: busybox${command}}]}}}\n`
const cluster = (spec: string, name = 'c') =>
  `apiVersion: podwalk.dev/v1\nkind: Cluster\nmetadata: {name: ${name}}\nspec: {${spec}}\n`
const configMap = (name: string, data = '{}', metadata = '') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}${metadata}}\ndata: ${data}\n`
const service = (ports: string) =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {selector: {app: a}, ports: [${ports}]}\n`
const slice = (name: string, count: number, third: number) =>
  `apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: ${name}, labels: {kubernetes.io/service-name: a}}\naddressType: IPv4\nports: [{port: 80}]\nendpoints:\n${list(count, (i) => `- {addresses: [10.${third}.${(i >> 8) & 255}.${i & 255}]}\n`, '')}`
const owned = (name: string, uid: string, by: string, byUid: string) =>
  configMap(
    name,
    '{}',
    `, uid: ${uid}, ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: ${by}, uid: ${byUid}}]`,
  )
const bomb = (levels: number) =>
  `a0: &a0 [${'x,'.repeat(9)}x]\n${list(levels, (i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}*a${i}]\n`, '')}`
const inLists = (depth: number): unknown =>
  depth === 0
    ? { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } }
    : { apiVersion: 'v1', kind: 'List', items: [inLists(depth - 1)] }

const text = (name: string, scenario: string, outcome: Omit<HostileCase, 'name' | 'request'> = {}): HostileCase => ({
  name,
  request: { scenario },
  ...outcome,
})
/** The page's budget of pods, so that the suite is quick; the headless door's is larger, and no different. */
const few = (name: string, scenario: string, outcome: Omit<HostileCase, 'name' | 'request'> = {}): HostileCase => ({
  name,
  request: { scenario, limits: { pods: 400 } },
  events: 8_000,
  ...outcome,
})

const asked = (count: string) => `of ${count}`

export const HOSTILE: readonly HostileCase[] = [
  few('a Deployment of a billion', deployment(1_000_000_000), { told: asked('1,000,000,000 replicas') }),
  few('a ReplicaSet of two billion', workload('ReplicaSet', 2_147_483_647), { told: asked('2,147,483,647 replicas') }),
  few(
    'a parallel StatefulSet of a billion',
    workload('StatefulSet', 1e9, { spec: '  podManagementPolicy: Parallel\n' }),
    {
      told: asked('1,000,000,000 replicas'),
    },
  ),
  few('a Job of a million pods', job('parallelism: 1000000, completions: 1000000'), {
    told: asked('1,000,000 pods'),
    events: 12_000,
  }),
  few(
    'an indexed Job of a hundred thousand',
    job('completionMode: Indexed, parallelism: 100000, completions: 100000'),
    {
      told: asked('100,000 pods'),
      events: 12_000,
    },
  ),
  few(
    'a hundred Deployments of a hundred',
    list(100, (i) => deployment(100, `d${i}`)),
    { told: 'more workloads' },
  ),
  few(
    'more pods than fit',
    list(500, (i) => pod(`p${i}`)),
    { told: 'exceeded quota: playground, requested: pods=1' },
  ),
  text('replicas below zero', deployment(-1), { told: 'must be greater than or equal to 0' }),
  text('replicas as a text', deployment('"x"'), { told: 'cannot unmarshal string' }),
  text('half a replica', deployment(1.5), { told: 'cannot unmarshal number 1.5' }),
  text('replicas beyond 2^53', deployment('99999999999999999999'), { refused: 'is beyond 2^53' }),
  text('a hundred thousand nodes', cluster('nodes: 100000'), { refused: 'scenario.yaml:4: spec.nodes must be' }),
  text('no nodes', cluster('nodes: 0'), { refused: 'scenario.yaml:4: spec.nodes must be' }),
  text('more nodes than fit', cluster('nodes: 501'), { refused: '501 nodes: at most 500 fit here' }),
  text(
    'more Node objects than fit',
    list(600, (i) => `apiVersion: v1\nkind: Node\nmetadata: {name: n${i}}\n`),
    {
      refused: '600 nodes: at most 500 fit here',
    },
  ),
  text(
    'more nodes than fit, in clusters',
    list(3, (i) => cluster('nodes: 200', `c${i}`)),
    {
      refused: 'no address left',
    },
  ),
  text(
    'nodes with one range',
    list(3, (i) => `apiVersion: v1\nkind: Node\nmetadata: {name: n${i}}\nspec: {podCIDR: 10.244.0.0/24}\n`),
    {
      told: 'overlaps',
    },
  ),
  text('the whole Internet for pods', cluster('networking: {podSubnet: 0.0.0.0/0}'), {
    refused: 'overlaps the pod range',
  }),
  text('a banana for pods', cluster('networking: {podSubnet: banana}'), { refused: 'not "banana"' }),
  text(
    'ranges of sixteen million',
    cluster('networking: {podSubnet: 11.0.0.0/8, serviceSubnet: 12.0.0.0/8, nodeCidrMaskSize: 30}'),
  ),
  text('Services of IPv6 in a cluster of IPv4', cluster('networking: {serviceSubnet: "fd00::/108"}'), {
    refused: 'scenario.yaml:4: ',
  }),
  text('all of IPv6 for pods', cluster('networking: {podSubnet: "::/0"}'), { refused: 'scenario.yaml:4: ' }),
  text('a segment as large as the Internet', cluster('underlay: {subnets: [{name: lan, cidr: 0.0.0.0/0}]}'), {
    refused: 'overlaps',
  }),
  text('__proto__ as a key', configMap('a', '{__proto__: {polluted: "1"}}'), {
    refused: 'the key "__proto__" is refused',
  }),
  text('constructor as a key', configMap('a', '{constructor: {prototype: x}}'), { refused: 'is refused' }),
  text('lists nested five thousand deep', `a: ${'['.repeat(5_000)}`, { refused: 'nested deeper than 64 levels' }),
  text('maps nested three thousand deep', '{"a":'.repeat(3_000), { refused: 'nested deeper than 64 levels' }),
  text('dashes nested half a million deep', '- '.repeat(500_000), { refused: 'nested deeper than 64 levels' }),
  text('an alias bomb', bomb(8), { refused: 'aliases expand to more than' }),
  text('an alias of itself', 'a: &a {b: *a}\n', { refused: '*a contains itself' }),
  text('a megabyte of one map', configMap('a', `\n${list(60_000, (i) => `  k${i}: "v"\n`, '')}`), {
    refused: 'more than 2000 keys in one map',
  }),
  text('more than four megabytes', '#'.repeat(5_000_000), { refused: 'longer than 4194304 characters' }),
  text('a million empty lines', '\n'.repeat(1_000_000)),
  text('a quarter of a million empty documents', '---\n'.repeat(250_000)),
  text('a million quotes', '"'.repeat(1_000_000), { refused: 'scenario.yaml:1: ' }),
  text('a quote that never ends', `a: "${'x'.repeat(1_000_000)}`, { refused: 'never closed' }),
  text('a million stars', '*'.repeat(1_000_000), { refused: 'scenario.yaml:1: ' }),
  text('a million spaces', `${' '.repeat(1_000_000)}a: b`, { told: 'kind is missing' }),
  text('a third of a million colons', 'a:'.repeat(300_000), { told: 'kind is missing' }),
  text(
    'seventy thousand keys in fifty maps',
    list(50, (i) => `k${i}:\n${list(1_400, (j) => `  j${j}: 1\n`, '')}`, ''),
    { told: 'kind is missing' },
  ),
  text('nothing', ''),
  text('documents of nothing', '---\n---\n'),
  text('a word', 'hello', { told: 'not an object' }),
  text('a list', '- a\n- b\n', { told: 'a list, not an object' }),
  text('an object of no kind', 'apiVersion: v1\nmetadata: {name: x}\n', { told: 'kind is missing' }),
  text('numbers as names', 'apiVersion: 1\nkind: 2\nmetadata: {name: 3}\n', { told: 'kind is missing' }),
  text('a number as a name', pod(5), { told: 'metadata.name is missing' }),
  text('a name with a blank', pod('"A B"'), { told: 'a lowercase RFC 1123 subdomain' }),
  text('half a surrogate as a name', pod('"\\ud800"'), { told: 'a lowercase RFC 1123 subdomain' }),
  text('a Deployment of no spec', 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n', {
    told: 'spec: Required value',
  }),
  text('a Service whose spec is a list', 'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: []\n', {
    told: 'spec',
  }),
  text('metadata that is a word', 'apiVersion: v1\nkind: Pod\nmetadata: hi\n', { told: 'metadata must be a map' }),
  text(
    'nulls everywhere',
    pod('p', ', labels: null, ownerReferences: [null], finalizers: [null]', ', volumes: [null], tolerations: [null]'),
    {
      told: 'cannot unmarshal null',
    },
  ),
  text('a null byte', `${deployment(1)}\u0000`, { refused: 'null byte' }),
  text('control characters', 'a: "\u0001\u0002"', { refused: 'scenario.yaml:1: ' }),
  text('tabs', 'apiVersion: v1\n\tkind: Pod\n', { refused: 'a tab cannot indent YAML' }),
  text('a byte order mark', `\ufeff${deployment(1)}`),
  text('carriage returns', deployment(2).replaceAll('\n', '\r\n')),
  text('a Helm template', '{{- if .Values.x }}\na: b\n{{ end }}', { refused: 'this is a template' }),
  text('a label of a megabyte', pod('p', `, labels: {a: "${'x'.repeat(1_000_000)}"}`), { told: 'metadata.labels' }),
  text('a name of a megabyte', pod('a'.repeat(1_000_000)), { told: 'Pod "aaaa' }),
  text('a kind of a megabyte', `apiVersion: v1\nkind: ${'P'.repeat(1_000_000)}\nmetadata: {name: x}\n`, {
    told: 'PPPP',
  }),
  text('a field of a megabyte', `${pod('p')}${'x'.repeat(900_000)}: 1\n`, { told: 'unknown field' }),
  text(
    'traps for regular expressions',
    pod(
      'p',
      `, annotations: {podwalk.dev/ip: "${'1.'.repeat(100_000)}", podwalk.dev/listens: "${'a,'.repeat(100_000)}", x: "${'('.repeat(10_000)}"}`,
    ),
  ),
  text(
    'a quantity of four hundred thousand digits',
    pod('p').replace('nginx', `nginx, resources: {requests: {cpu: "${'1'.repeat(400_000)}x"}}`),
    { told: 'quantities must match' },
  ),
  text('an image of two hundred thousand parts', pod('p').replace('nginx', `"${'a/'.repeat(200_000)}"`)),
  text(
    'a command of half a megabyte',
    pod('p').replace('nginx', `nginx, command: [sh, -c, "${'a'.repeat(400_000)}"], args: ["${' '.repeat(100_000)}!"]`),
  ),
  text('an empty image', pod('p').replace('nginx', '""'), { told: 'image: Required value' }),
  text(
    'variables that refer to each other',
    pod('p').replace(
      'nginx',
      `nginx, env: [${list(2_000, (i) => `{name: E${i}, value: "$(E${i + 1})$(E${i + 1})"}`, ',')}]`,
    ),
  ),
  text(
    'five hundred containers',
    pod('p').replace(
      container,
      list(500, (i) => `{name: c${i}, image: nginx}`, ','),
    ),
    { events: 2_000 },
  ),
  text('a pod that owns itself', pod('p', ', uid: u, ownerReferences: [{apiVersion: v1, kind: Pod, name: p, uid: u}]')),
  text(
    'a pod of an owner that is not there',
    pod('p', ', ownerReferences: [{apiVersion: v1, kind: Pod, name: q, uid: x}]'),
  ),
  text('a ring of owners', `${owned('a', 'u1', 'b', 'u2')}---\n${owned('b', 'u2', 'a', 'u1')}`),
  text('finalizers for ever', pod('p', ', finalizers: [example.com/never], deletionTimestamp: "2020-01-01T00:00:00Z"')),
  text('two Deployments, one selector', `${deployment(1)}---\n${deployment(1, 'b')}`),
  text(
    'twenty-one Deployments, one selector',
    list(21, (i) => deployment(3, `d${i}`)),
    { events: 2_000 },
  ),
  text(
    'two ReplicaSets and a pod, one selector',
    `${workload('ReplicaSet', 3)}---\n${workload('ReplicaSet', 5, { name: 'b' })}---\n${pod('p', ', labels: {app: a}')}`,
  ),
  text('a container that always fails', pod('p').replace('nginx', 'busybox, command: ["false"]')),
  few('a Job that always fails', job('backoffLimit: 1000000', ', command: ["false"]')),
  few('a Job that never has enough', job('parallelism: 1, completions: 1000000', ', command: ["true"]')),
  text(
    'ready after sixty years',
    workload('Deployment', 3, { spec: '  minReadySeconds: 2000000000\n  progressDeadlineSeconds: 2000000001\n' }),
    { told: 'did not come to rest' },
  ),
  text(
    'nothing takes any time',
    `${cluster('timeCosts: {watch: 0, schedule: 0, sandbox: 0, cniAdd: 0, imagePull: 0, containerStart: 0, proxySync: 0, apiWrite: 0, jitter: 0.99}')}---\n${deployment(20)}`,
  ),
  text('an image that takes a year to come', `${cluster('timeCosts: {imagePull: 31536000s}')}---\n${deployment(2)}`, {
    told: 'did not come to rest',
  }),
  text('a Service of two thousand ports', service(list(2_000, (i) => `{name: p${i}, port: ${i + 1}}`, ','))),
  text('a Service of one port two thousand times', service(list(2_000, () => '{name: p, port: 80}', ',')), {
    told: 'Duplicate value',
  }),
  text('an EndpointSlice of ten thousand', `${service('{port: 80}')}---\n${slice('a-1', 10_000, 1)}`),
  text(
    'slices of nine hundred each',
    `${service('{port: 80}')}${list(4, (i) => `---\n${slice(`a-${i}`, 900, i)}`, '')}`,
  ),
  text(
    'twelve thousand ConfigMaps',
    list(12_000, (i) => `{apiVersion: v1, kind: ConfigMap, metadata: {name: c${i}}}\n`),
    { events: 200 },
  ),
  text(
    'two thousand namespaces',
    list(2_000, (i) => `apiVersion: v1\nkind: Namespace\nmetadata: {name: n${i}}\n`),
    { events: 3_000 },
  ),
  text(
    'routers that point at each other',
    cluster(
      'underlay: {subnets: [{name: a, cidr: 10.1.0.0/24}, {name: b, cidr: 10.2.0.0/24}], routers: [{name: r1, subnets: [a, b], routes: [{to: 0.0.0.0/0, via: 10.1.0.2}]}, {name: r2, subnets: [a, b], addresses: {a: 10.1.0.2, b: 10.2.0.2}, routes: [{to: 0.0.0.0/0, via: 10.1.0.1}]}]}',
    ),
  ),
  text(
    'traffic to itself',
    `${pod('p')}---\napiVersion: podwalk.dev/v1\nkind: Traffic\nmetadata: {name: t}\nspec: {from: default/p, to: default/p, port: 80}\n`,
  ),
  text(
    'a fault of nonsense',
    `${pod('p')}---\napiVersion: podwalk.dev/v1\nkind: Fault\nmetadata: {name: t}\nspec: {a: [b]}\n`,
  ),
  {
    name: 'Lists nested a hundred deep',
    request: { objects: [inLists(100)] as never },
    told: 'nested deeper than 64 levels',
  },
  { name: 'Lists nested twenty-five deep', request: { scenario: JSON.stringify(inLists(25)) } },
  { name: 'objects that are none', request: { objects: [null, 1, 'a', [], {}] as never }, told: 'not an object' },
  { name: 'files of nothing', request: { files: { a: '', 'b\u0000': '\u0000' } }, refused: 'null byte' },
  {
    name: 'objects of the wrong shape, without admission',
    request: {
      admission: false,
      scenario: [
        'apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: [1], ownerReferences: 3, finalizers: x}\nspec: {containers: [null, 1, {ports: 3}], volumes: 7, nodeName: [1]}\nstatus: {podIP: {}, conditions: 3, podIPs: x}\n',
        'apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [null, 3], selector: 5, clusterIPs: 9, clusterIP: {}}\n',
        'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {replicas: "x", template: 4, selector: 5, strategy: 3}\n',
        'apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: e}\nendpoints: 3\nports: 4\n',
        'apiVersion: v1\nkind: Node\nmetadata: {name: node}\nspec: {podCIDR: 4, taints: 3}\nstatus: {addresses: 3}\n',
      ].join('---\n'),
    },
    told: 'cannot unmarshal',
  },
  {
    name: 'values of the wrong type, without admission',
    request: {
      admission: false,
      limits: { pods: 200, events: 20_000 },
      scenario: `${job('parallelism: 1e9, completions: -1')}---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: s}\nspec: {replicas: 1e9, ordinals: {start: 1e15}}\n---\n${workload('ReplicaSet', '"x"')}`,
    },
    events: 21_000,
  },
]
