import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { World } from '../core/world.ts'
import { KINDS } from './kinds/registry.ts'
import { complete, hover } from './language.ts'
import { parseText } from './parse/parse.ts'
import { readScenario } from './scenario-text.ts'
import { apiOf } from './store.ts'
import { apiWorld } from './test-world.ts'
import type { KubeObject, ObjectRow } from './types.ts'

const runs = { numRuns: Number(process.env.LAW_RUNS ?? 100) }

const name = fc.constantFrom('a', 'b', 'c', 'web-1')
const labels = fc.dictionary(fc.constantFrom('app', 'tier'), fc.constantFrom('web', 'db', ''), { maxKeys: 2 })
const port = fc.record(
  {
    name: fc.constantFrom('x', 'y', 'z'),
    port: fc.integer({ min: 1, max: 4 }),
    protocol: fc.constantFrom('TCP', 'UDP'),
  },
  { requiredKeys: ['name', 'port'] },
)
const object: fc.Arbitrary<KubeObject> = fc.oneof(
  fc
    .record({
      name,
      labels,
      data: fc.dictionary(fc.constantFrom('k', 'l'), fc.string({ maxLength: 5 }), { maxKeys: 2 }),
    })
    .map(({ data, ...metadata }) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data })),
  fc
    .record({
      name,
      type: fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'),
      ports: fc.array(port, { minLength: 1, maxLength: 3 }),
      selector: labels,
      externalTrafficPolicy: fc.constantFrom(undefined, 'Local'),
    })
    // A traffic policy that the type does not have is refused, but dropped when it comes along with a change of the type.
    .map(({ name: own, externalTrafficPolicy, ...spec }) => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: own },
      spec: {
        externalName: 'x.example',
        ...spec,
        ...(spec.type === 'NodePort' || spec.type === 'LoadBalancer' ? { externalTrafficPolicy } : {}),
      },
    })),
  fc
    .record({ name, image: fc.constantFrom('nginx', 'nginx:1'), hostNetwork: fc.boolean(), labels })
    .map(({ name: own, image, hostNetwork, labels: given }) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: own, labels: given },
      spec: { hostNetwork, containers: [{ name: 'c', image, ports: [{ containerPort: 80 }] }] },
    })),
  fc
    .record({ name, spec: fc.jsonValue({ maxDepth: 2 }) })
    .map(({ name: own, spec }) => ({ apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: own }, spec })),
)

type Step = { readonly verb: 'create' | 'apply' | 'delete' | 'status' | 'patch'; readonly object: KubeObject }
const step: fc.Arbitrary<Step> = fc.record({
  verb: fc.constantFrom('create', 'apply', 'apply', 'delete', 'status', 'patch'),
  object,
})

const keyOf = ({ kind }: KubeObject) => (kind === 'Thing' ? 'Thing.example.com' : kind)

function perform(world: World, { verb, object: given }: Step): void {
  const api = apiOf(world)
  const at = [keyOf(given), 'default', given.metadata.name] as const
  if (verb === 'create') api.create(given)
  else if (verb === 'apply') api.apply(given)
  else if (verb === 'delete') api.delete(...at)
  else if (verb === 'status') api.updateStatus(...at, { seen: given.metadata.name })
  else api.patch(...at, { metadata: { labels: given.metadata.labels ?? null } })
}

const rowsOf = (world: World) => new Map(world.rows('object').map((row) => [row.id, row]))

describe('the store', () => {
  test('resourceVersion rises with every write, and only with writes', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const world = apiWorld()
        let highest = 0
        for (const each of steps) {
          const before = rowsOf(world)
          const version = world.get('apiState', 'kubernetes')?.resourceVersion ?? 0
          perform(world, each)
          const after = rowsOf(world)
          const written = [...after.values()].filter((row) => before.get(row.id) !== row)
          const removed = [...before.keys()].filter((id) => !after.has(id))
          for (const row of written) {
            expect(row.resourceVersion).toBeGreaterThan(highest)
            expect(row.object.metadata.resourceVersion).toBe(String(row.resourceVersion))
          }
          const now = world.get('apiState', 'kubernetes')?.resourceVersion ?? 0
          if (written.length + removed.length === 0) expect(now).toBe(version)
          else expect(now).toBeGreaterThan(version)
          highest = now
        }
      }),
      runs,
    )
  })

  test('replaying what a watch saw rebuilds the store', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const world = apiWorld()
        const cache = new Map<string, ObjectRow>()
        world.observe('object', ({ id, after }) => {
          if (after) cache.set(id, after as ObjectRow)
          else cache.delete(id)
        })
        for (const each of steps) perform(world, each)
        expect(cache).toEqual(rowsOf(world))
      }),
      runs,
    )
  })

  test('applying the same object again writes nothing, and what was given reads back', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 15 }), object, (steps, given) => {
        const world = apiWorld()
        for (const each of steps) perform(world, each)
        const api = apiOf(world)
        const first = api.apply(given)
        if (!first.ok) return
        const position = world.position
        expect(api.apply(given).ok).toBe(true)
        expect(world.position).toBe(position)
        expect(lost(given.spec ?? given.data, first.value.object.spec ?? first.value.object.data, 'spec')).toEqual([])
      }),
      runs,
    )
  })

  test('undoing everything is the beginning, and the same writes give the same bytes', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const run = () => {
          const world = apiWorld()
          const start = world.position
          const genesis = world.dump()
          for (const each of steps) perform(world, each)
          const end = world.dump()
          world.seek(start)
          expect(world.dump()).toBe(genesis)
          return end
        }
        expect(run()).toBe(run())
      }),
      runs,
    )
  })

  test('whatever stands in an object of any kind, it is stored or refused, with admission and without', () => {
    const junk = fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.constantFrom([], {}, [null], [{}], 'None', 0))
    const fields = fc.dictionary(
      fc.constantFrom(
        ...['ports', 'selector', 'template', 'containers', 'clusterIP', 'clusterIPs', 'type', 'strategy', 'podCIDR'],
        ...['ipFamilies', 'externalIPs', 'tolerations', 'finalizers', 'replicas', 'hostNetwork', 'matchExpressions'],
      ),
      fc.oneof(
        junk,
        fc.record(
          { selector: junk, spec: junk, metadata: junk, containers: junk, matchExpressions: junk },
          { requiredKeys: [] },
        ),
      ),
      { maxKeys: 4 },
    )
    const kinds = fc.constantFrom(...KINDS)
    fc.assert(
      fc.property(kinds, fields, fields, junk, fc.boolean(), (kind, spec, changed, labels, admission) => {
        const api = apiOf(apiWorld(), undefined, { admission })
        const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`
        const given = { apiVersion, kind: kind.kind, metadata: { name: 'a', labels }, spec } as unknown as KubeObject // nonsense
        const made = api.create(given)
        // Without admission only what has the wrong shape is refused: nobody could read it.
        if (!admission && !made.ok) expect(made.error.reason).toBe('BadRequest')
        const applied = api.apply({ ...given, spec: changed })
        if (!admission && !applied.ok) expect(applied.error.reason).toBe('BadRequest')
      }),
      runs,
    )
  })

  test('no two Services share an address or a node port', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const world = apiWorld()
        for (const each of steps) perform(world, each)
        const services = apiOf(world)
          .list('Service')
          .map((row) => row.object.spec)
        const ips = services.flatMap((spec) => spec.clusterIPs ?? []).filter((ip) => ip !== 'None')
        const nodePorts = services.flatMap((spec) =>
          [
            ...new Set([
              ...(spec.ports ?? []).map((each: { nodePort?: number }) => each.nodePort),
              spec.healthCheckNodePort,
            ]),
          ].filter(Boolean),
        )
        expect(new Set(ips).size).toBe(ips.length)
        expect(new Set(nodePorts).size).toBe(nodePorts.length)
      }),
      runs,
    )
  })
})

/** Text that is nearly YAML: pieces of it in any order, cut anywhere. */
const piece = fc.constantFrom(
  ...[
    'apiVersion: v1\n',
    'kind: Service\n',
    'metadata:\n',
    '  name: web\n',
    'spec:\n',
    '  ports:\n',
    '  - port: 80\n',
    '---\n',
    '...\n',
    '\t',
    '  ',
    '"',
    "'",
    '[',
    ']',
    '{',
    '}',
    '&a ',
    '*a',
    '|\n',
    '>-\n',
    '# c\n',
  ],
  ...[
    ': ',
    '- ',
    '\r\n',
    '\ufeff',
    '%YAML 1.2\n',
    '!!int ',
    '<<: ',
    '__proto__: 1\n',
    '? ',
    '99999999999999999999',
    'kind: List\nitems:\n',
    '- - - ',
    '{{ .x }}',
    '\u0000',
    '\u2028',
    '@',
    '`',
  ],
)
const nearlyYaml = fc.oneof(
  fc
    .array(fc.oneof({ weight: 8, arbitrary: piece }, { weight: 1, arbitrary: fc.string({ maxLength: 4 }) }), {
      maxLength: 30,
    })
    .map((pieces) => pieces.join('')),
  fc.string({ unit: 'binary', maxLength: 60 }),
)

describe('any text', () => {
  test('is read without throwing; what cannot be read has a diagnostic in its bounds', () => {
    fc.assert(
      fc.property(nearlyYaml, (text) => {
        const { diagnostics, broken, documents } = parseText('f', text)
        const lines = text.split('\n').length
        for (const { line, message } of diagnostics) {
          expect(message).not.toBe('')
          expect(line).toBeGreaterThanOrEqual(1)
          expect(line).toBeLessThanOrEqual(lines)
        }
        expect(broken).toBe(diagnostics.some(({ severity }) => severity === 'error'))
        expect(JSON.stringify(documents)).toBeDefined()
        const scenario = readScenario({ files: [{ name: 'f', text }] })
        for (const document of documents) {
          const told = scenario.documents.length > 0 || scenario.diagnostics.length > 0
          if (document.value !== null) expect(told || isEmptyList(document.value)).toBe(true)
        }
      }),
      runs,
    )
  })

  test('can be completed and hovered at any place', () => {
    fc.assert(
      fc.property(nearlyYaml, fc.nat(), (text, place) => {
        const offset = place % (text.length + 1)
        for (const { from, to } of complete(text, offset)) {
          expect(from).toBeLessThanOrEqual(offset)
          expect(to).toBeGreaterThanOrEqual(offset)
        }
        hover(text, offset)
      }),
      runs,
    )
  })
})

const isEmptyList = (value: unknown) =>
  typeof value === 'object' && value !== null && 'items' in value && Array.isArray(value.items)

/** Paths of what was given and is not stored as it was given; what was added does not count. */
function lost(given: unknown, stored: unknown, path: string): string[] {
  if (given === undefined) return []
  if (typeof given !== 'object' || given === null) return given === stored ? [] : [path]
  if (typeof stored !== 'object' || stored === null || Array.isArray(given) !== Array.isArray(stored)) return [path]
  if (Array.isArray(given) && given.length !== (stored as unknown[]).length) return [path]
  return Object.entries(given).flatMap(([key, value]) =>
    lost(value, Object.hasOwn(stored, key) ? (stored as Record<string, unknown>)[key] : undefined, `${path}.${key}`),
  )
}
