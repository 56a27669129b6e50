import { describe, expect, test } from 'vitest'
import { complete, hover } from './language.ts'
import { apiOf } from './store.ts'
import { apiWorld } from './test-world.ts'

/** The text without its `|`, which marks the cursor. */
function at(marked: string): [string, number] {
  const offset = marked.indexOf('|')
  return [marked.slice(0, offset) + marked.slice(offset + 1), offset]
}
const labels = (marked: string, world = apiWorld()) => complete(...at(marked), world).map(({ label }) => label)

const SERVICE = 'apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n'
const POD = 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n  - name: c\n    image: nginx\n'

describe('completion', () => {
  test.each<[string, string, string[]]>([
    ['fields at the top', 'apiVersion: v1\nkind: ConfigMap\n|', ['metadata', 'data', 'binaryData', 'immutable']],
    ['fields by what is typed', `${SERVICE}spec:\n  sess|`, ['sessionAffinity', 'sessionAffinityConfig']],
    [
      'fields that are there already are left out',
      `${SERVICE}spec:\n  type: NodePort\n  external|\n  externalName: x\n`,
      ['externalIPs', 'externalTrafficPolicy'],
    ],
    ['fields of a list item', `${SERVICE}spec:\n  ports:\n  - port: 80\n    targ|`, ['targetPort']],
    [
      'the first field of an item, list not indented',
      `${SERVICE}spec:\n  ports:\n  - p|`,
      ['protocol', 'appProtocol', 'port', 'targetPort', 'nodePort'],
    ],
    ['the first field of an item, list indented', `${SERVICE}spec:\n  ports:\n    - nod|`, ['nodePort']],
    ['the second item', `${SERVICE}spec:\n  ports:\n  - port: 80\n  - targetP|`, ['targetPort']],
    ['deep inside', `${POD}    readinessProbe:\n      httpGet:\n        sch|`, ['scheme']],
    ['above a broken line', `${POD}    rea|\n  broken "\n   x`, ['readinessProbe']],
    [
      'values of an enumeration',
      `${SERVICE}spec:\n  type: |`,
      ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'],
    ],
    ['values by what is typed', `${SERVICE}spec:\n  externalTrafficPolicy: Lo|`, ['Local']],
    ['booleans', `${POD}  hostNetwork: |`, ['true', 'false']],
    ['kinds', 'apiVersion: v1\nkind: Endp|', ['EndpointSlice', 'Endpoints']],
    ['the version that belongs to the kind', 'kind: Deployment\napiVersion: |', ['apps/v1']],
    [
      'nothing inside a block of text',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: |-\n    sp#'
        .replace('|-', '>-')
        .replace('#', '|'),
      [],
    ],
    ['nothing in a comment', `${SERVICE}# spe|`, []],
    ['the second document', `${SERVICE}---\napiVersion: apps/v1\nkind: Deployment\nspec:\n  repl|`, ['replicas']],
    [
      'a cluster’s network',
      'apiVersion: podwalk.dev/v1\nkind: Cluster\nspec:\n  networking:\n    cni:\n      name: flannel\n      backend: host|',
      ['host-gw'],
    ],
  ])('%s', (_what, marked, expected) => {
    expect(labels(marked)).toEqual(expected)
  })

  test('an empty document begins with an example', () => {
    expect(labels('|').slice(0, 4)).toEqual(['Deployment', 'Service', 'Pod', 'Cluster'])
  })

  test('an insert replaces the word and opens what the field needs', () => {
    const [text, offset] = at(`${SERVICE}spec:\n  por|t`)
    const [ports] = complete(text, offset)
    expect(text.slice(0, ports.from) + ports.insert + text.slice(ports.to)).toBe(`${SERVICE}spec:\n  ports:\n  - `)
    const [textOfMap, place] = at(`${SERVICE}spec:\n  selec|`)
    expect(complete(textOfMap, place)[0].insert).toBe('selector:\n    ')
  })

  test('names of objects that exist, and labels that pods carry', () => {
    const world = apiWorld()
    const api = apiOf(world)
    api.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' } })
    api.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'worker' } })
    api.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', labels: { app: 'web', tier: 'front' } },
      spec: { containers: [{ name: 'c', image: 'nginx' }] },
    })
    expect(labels(`${POD}  nodeName: |`, world)).toEqual(['worker'])
    expect(labels(`${POD}    envFrom:\n    - configMapRef:\n        name: |`, world)).toEqual(['settings'])
    expect(labels(`${SERVICE}spec:\n  selector:\n    |`, world)).toEqual(['app', 'tier'])
    expect(labels(`${SERVICE}spec:\n  selector:\n    app: |`, world)).toEqual(['web'])
  })

  test('objects of the text itself count before they are applied', () => {
    expect(
      labels(
        `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: mine\n---\n${POD}    envFrom:\n    - configMapRef:\n        name: |`,
      ),
    ).toEqual(['mine'])
  })
})

describe('hover', () => {
  test.each([
    [
      'a field',
      `${SERVICE}spec:\n  ports:\n  - port: 80\n    target|Port: 8080`,
      '**spec.ports[].targetPort** *(IntOrString)*\n\nThe port of the pods: a number, or the name of a container port.',
    ],
    [
      'an enumeration with its default',
      `${SERVICE}spec:\n  ty|pe: NodePort`,
      '**spec.type** *(string)*\n\nHow far the Service reaches.\n\nOne of `ClusterIP`, `ExternalName`, `LoadBalancer`, `NodePort`.\n\nDefault: `"ClusterIP"`.',
    ],
    [
      'a kind',
      'apiVersion: v1\nkind: Serv|ice',
      '**Service** *(v1)*\n\nOne address for many pods. No packet ever reaches it: each node rewrites the destination to a pod.',
    ],
  ])('%s', (_what, marked, markdown) => {
    expect(hover(...at(marked))?.markdown).toBe(markdown)
  })

  test('the range is the key', () => {
    expect(hover(...at(`${SERVICE}spec:\n  ty|pe: NodePort`))?.range).toEqual({
      file: '',
      line: 6,
      column: 3,
      endLine: 6,
      endColumn: 7,
    })
  })

  test.each([
    ['an unknown field', `${SERVICE}spec:\n  foo|: 1`],
    ['a value', `${SERVICE}spec:\n  type: Node|Port`],
    ['nothing', '|'],
  ])('%s says nothing', (_what, marked) => {
    expect(hover(...at(marked))).toBeUndefined()
  })
})
