import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Ctx } from '../core/context.ts'
import { schedulerOf } from '../core/event-queue.ts'
import type { World } from '../core/world.ts'
import { locate } from './provenance.ts'
import { applyScenario, readScenario, type Scenario } from './scenario-text.ts'
import { apiOf } from './store.ts'
import { apiWorld } from './test-world.ts'
import type { Diagnostic } from './types.ts'
import { valueAt } from './path.ts'

const WEB = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: nginx
        image: nginx
        ports:
        - containerPort: 80
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  type: NodePort
  selector:
    app: web
  ports:
  - port: 80
    targetPort: 8080
`

let world: World
let scenario: Scenario | undefined
beforeEach(() => {
  world = apiWorld()
  scenario = undefined
})

const read = (text: string) => readScenario({ files: [{ name: 'a.yaml', text }] })

/** Edits the text: what the world then says. */
function edit(text: string, options = {}): readonly Diagnostic[] {
  const next = read(text)
  const ctx: Ctx = { tx: world, clock: schedulerOf(world), random: () => 0, emit: () => {}, note: () => {} }
  const refused = applyScenario(ctx, scenario, next, options)
  scenario = next
  return [...next.diagnostics, ...refused]
}

const spoken = (diagnostics: readonly Diagnostic[]) =>
  diagnostics.map(({ severity, line, message }) => `${severity} ${line}: ${message}`)
const object = (id: string) => world.get('object', id)?.object

describe('reading', () => {
  test.each<[string, string, string[]]>([
    ['a document that is no object', 'hello', ['error 1: this document is the text "hello", not an object']],
    ['no kind', 'apiVersion: v1\nmetadata: {name: a}', ['error 1: kind is missing: what sort of object is this?']],
    ['no apiVersion', 'kind: Service\nmetadata: {name: a}', ['error 1: apiVersion is missing for kind "Service"']],
    [
      'no name',
      'apiVersion: v1\nkind: Service\nmetadata:\n  labels: {}',
      ['error 3: metadata.name is missing for kind "Service"'],
    ],
    [
      'a file for a tool',
      'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]',
      ['error 2: no matches for kind "Kustomization" in version "kustomize.config.k8s.io/v1beta1"'],
    ],
    [
      'the wrong group',
      'apiVersion: v1\nkind: Deployment\nmetadata: {name: a}',
      ['error 1: no matches for kind "Deployment" in version "v1"'],
    ],
    [
      'a group of old',
      'apiVersion: extensions/v1beta1\nkind: DaemonSet\nmetadata: {name: a}',
      ['warning 1: DaemonSet is no longer served as extensions/v1beta1; it is read as apps/v1'],
    ],
    [
      'a group of old, of a kind that does nothing here',
      'apiVersion: rbac.authorization.k8s.io/v1beta1\nkind: ClusterRole\nmetadata: {name: a}',
      [
        'warning 1: ClusterRole is no longer served as rbac.authorization.k8s.io/v1beta1; it is read as rbac.authorization.k8s.io/v1',
        'info 2: ClusterRole (rbac.authorization.k8s.io/v1beta1) is stored, not modelled',
      ],
    ],
    [
      'a stranger',
      'apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}',
      ['info 2: Thing (example.com/v1) is stored, not modelled'],
    ],
    [
      'a misspelt kind',
      'apiVersion: apps/v1\nkind: Deploymnet\nmetadata: {name: a}',
      ['warning 2: Deploymnet (apps/v1) is stored, not modelled'],
    ],
    [
      'an unknown field',
      'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  port: 80',
      ['warning 5: unknown field "spec.port"'],
    ],
    [
      'a field without effect',
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  runtimeClassName: gvisor',
      ['info 5: field "spec.runtimeClassName" is stored, not modelled'],
    ],
    [
      'the same object twice',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a',
      ['warning 8: ConfigMap "a" is declared twice; the later one wins'],
    ],
  ])('%s', (_what, text, expected) => {
    expect(spoken(read(text).diagnostics)).toEqual(expected)
  })

  test('lists are opened, and each item keeps its place in the text', () => {
    edit(
      'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: a\n- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: b\n  data:\n    k: v',
    )
    expect(locate(world, { kind: 'ConfigMap', namespace: 'default', name: 'b', field: 'data.k' })).toMatchObject({
      file: 'a.yaml',
      line: 13,
    })
  })

  test('objects given as values are reported by their number, without a line', () => {
    const { diagnostics, objects } = readScenario({
      files: [],
      objects: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } }, { kind: 'X' }],
    })
    expect(objects.map(({ id }) => id)).toEqual(['ConfigMap/default/a'])
    expect(diagnostics).toMatchObject([{ code: 'missing-api-version', file: 'objects[1]', line: null }])
  })

  test('a custom kind has the scope that its definition gives it', () => {
    const text =
      'apiVersion: example.com/v1\nkind: Zone\nmetadata: {name: a}\n---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: zones.example.com}\nspec: {group: example.com, scope: Cluster, names: {kind: Zone, plural: zones}}'
    edit(text)
    expect(object('Zone.example.com//a')?.metadata.namespace).toBeUndefined()
  })

  test('documents of the playground, of kind and of kube-proxy are told apart', () => {
    const text =
      'apiVersion: podwalk.dev/v1\nkind: Cluster\nmetadata: {name: lab}\nspec: {nodes: 2}\n---\napiVersion: podwalk.dev/v1\nkind: Traffic\nmetadata: {name: t}\nspec: {from: a/b, to: svc/c.d}\n---\nkind: KubeProxyConfiguration\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nmode: ipvs'
    const { config, traffic, podwalk, objects, diagnostics } = read(text)
    expect([config.length, traffic.length, podwalk, objects.length, diagnostics]).toEqual([3, 1, 2, 0, []])
  })

  test('objects of another cluster carry its name', () => {
    const cluster = (name: string) => `apiVersion: podwalk.dev/v1\nkind: Cluster\nmetadata: {name: ${name}}\n---\n`
    edit(
      `${cluster('west')}${cluster('east')}apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, annotations: {podwalk.dev/cluster: east}}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}`,
    )
    expect(
      [object('east:ConfigMap/default/a'), object('ConfigMap/default/a')].map((each) => each?.metadata.name),
    ).toEqual(['a', 'a'])
    expect(apiOf(world).cluster).toBe('west')
  })
})

describe('applying', () => {
  test('the same text again writes nothing', () => {
    edit(WEB)
    const position = world.position
    expect(edit(WEB)).toEqual([])
    expect(world.position).toBe(position)
  })

  test('a changed field changes that field; what others set stays', () => {
    edit(WEB)
    const { clusterIP } = object('Service/default/web')?.spec ?? {}
    apiOf(world).patch('Deployment', 'default', 'web', {
      metadata: { annotations: { 'deployment.kubernetes.io/revision': '1' } },
    })
    edit(WEB.replace('replicas: 2', 'replicas: 5').replace('targetPort: 8080', 'targetPort: 80'))
    expect(object('Deployment/default/web')).toMatchObject({
      spec: { replicas: 5 },
      metadata: { generation: 2, annotations: { 'deployment.kubernetes.io/revision': '1' } },
    })
    expect(object('Service/default/web')?.spec).toMatchObject({ clusterIP, ports: [{ targetPort: 80 }] })
  })

  test('a field that is taken out of the text falls back to its default', () => {
    edit(WEB)
    edit(WEB.replace('  replicas: 2\n', ''))
    expect(object('Deployment/default/web')?.spec.replicas).toBe(1)
  })

  test('a document that is taken out deletes its object', () => {
    edit(WEB)
    edit(WEB.slice(0, WEB.indexOf('---')))
    expect([object('Service/default/web'), object('Deployment/default/web')?.metadata.name]).toEqual([undefined, 'web'])
  })

  test('a node port is taken away when the type no longer has one', () => {
    edit(WEB)
    expect(edit(WEB.replace('type: NodePort', 'type: ClusterIP'))).toEqual([])
    expect(object('Service/default/web')?.spec.ports).toEqual([{ port: 80, targetPort: 8080, protocol: 'TCP' }])
  })

  test('what may not change is made anew, and said so', () => {
    edit(WEB)
    const { uid } = object('Deployment/default/web')?.metadata ?? {}
    const [diagnostic, ...more] = edit(WEB.replaceAll('{app: web}', '{app: site}'))
    expect(more).toEqual([])
    expect(diagnostic).toMatchObject({ severity: 'info', code: 'made-anew', line: 7 })
    expect(object('Deployment/default/web')?.metadata.uid).not.toBe(uid)
  })

  test('a refusal stands at the line of the field', () => {
    expect(edit(WEB.replace('port: 80\n    target', 'port: 70000\n    target'))).toMatchObject([
      {
        severity: 'error',
        code: 'api-invalid',
        line: 28,
        column: 5,
        endColumn: 16,
        message:
          'Service "web" is invalid: spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive',
      },
    ])
    expect(object('Deployment/default/web')).toBeDefined()
  })

  test('without admission it is stored all the same', () => {
    expect(edit(WEB.replace('port: 80\n    target', 'port: 70000\n    target'), { admission: false })).toEqual([])
    expect(object('Service/default/web')?.spec.ports[0].port).toBe(70000)
  })

  test('a namespace that nobody declared is made', () => {
    const diagnostics = edit('apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: shop')
    expect(spoken(diagnostics)).toEqual(['info 5: namespace "shop" is not declared and was made'])
    expect(object('Namespace//shop')?.status.phase).toBe('Active')
  })

  test('a fixed address is kept free for the one who asks for it', () => {
    const dynamic = 'apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n---\n'
    edit(dynamic)
    const ip = object('Service/default/web')?.spec.clusterIP as string
    world = apiWorld()
    scenario = undefined
    expect(
      edit(
        `${dynamic}apiVersion: v1\nkind: Service\nmetadata: {name: fixed}\nspec: {clusterIP: ${ip}, ports: [{port: 80}]}`,
      ),
    ).toEqual([])
    expect(object('Service/default/fixed')?.spec.clusterIP).toBe(ip)
  })
})

describe('provenance', () => {
  const cause = { kind: 'Service', namespace: 'default', name: 'web' }

  test.each([
    ['a field', 'spec.ports[0].targetPort', 29],
    ['a field that is not in the text leads to what is around it', 'spec.ports[0].protocol', 28],
    ['far from the text', 'status.loadBalancer', 19],
    ['no field', undefined, 19],
  ])('%s', (_what, field, line) => {
    edit(WEB)
    expect(locate(world, { ...cause, field })?.line).toBe(line)
  })

  test('lines follow an edit above, though no object changes', () => {
    edit(WEB)
    const { resourceVersion } = world.get('object', 'Service/default/web') ?? {}
    edit(`# one\n# two\n${WEB}`)
    expect(locate(world, { ...cause, field: 'spec.ports[0].targetPort' })?.line).toBe(31)
    edit(`apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\n${WEB}`)
    expect(locate(world, { ...cause, field: 'spec.ports[0].targetPort' })?.line).toBe(33)
    expect(world.get('object', 'Service/default/web')?.resourceVersion).toBe(resourceVersion)
  })

  test('a pod without a source of its own leads through its owners to the template', () => {
    edit(WEB)
    const api = apiOf(world)
    const owned = (kind: string, name: string, uid: string | undefined) => ({
      apiVersion: 'apps/v1',
      kind,
      name,
      uid: uid ?? '',
      controller: true,
    })
    const deployment = object('Deployment/default/web')
    const { template, selector } = deployment?.spec ?? {}
    api.create({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name: 'web-1', ownerReferences: [owned('Deployment', 'web', deployment?.metadata.uid)] },
      spec: { selector, template },
    })
    const set = object('ReplicaSet/default/web-1')
    api.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web-1-x', ownerReferences: [owned('ReplicaSet', 'web-1', set?.metadata.uid)] },
      spec: template.spec,
    })
    expect(
      locate(world, {
        kind: 'Pod',
        namespace: 'default',
        name: 'web-1-x',
        field: 'spec.containers[0].ports[0].containerPort',
      })?.line,
    ).toBe(17)
  })

  test('what no text asked for has no line', () => {
    apiOf(world).create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } })
    expect(locate(world, { kind: 'ConfigMap', namespace: 'default', name: 'a' })).toBeUndefined()
  })
})

const CORPUS = join(fileURLToPath(new URL('../../..', import.meta.url)), 'shared', 'corpora', 'manifests')
const corpus = existsSync(CORPUS) ? readdirSync(CORPUS) : []
if (corpus.length === 0) console.warn(`real manifests are skipped: ${CORPUS} is not there`)

describe.skipIf(corpus.length === 0)('real manifests', () => {
  test.each(corpus)('%s loads, and reads back as it was given', (file) => {
    const diagnostics = edit(readFileSync(join(CORPUS, file), 'utf8'))
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
    for (const { id, object: given } of scenario?.objects ?? []) expect(differences(given, object(id), '')).toEqual([])
    for (const { line } of diagnostics) expect(line).toBeGreaterThan(0)
  })
})

/** Paths at which what is stored is not what was given; what was added does not count. */
function differences(given: unknown, stored: unknown, path: string): string[] {
  if (typeof given !== 'object' || given === null) return given === stored || given === null ? [] : [path]
  if (Array.isArray(given) && (!Array.isArray(stored) || stored.length !== given.length)) return [path]
  return Object.entries(given).flatMap(([key, value]) =>
    differences(value, valueAt(stored, `[${key}]`), `${path}.${key}`),
  )
}
