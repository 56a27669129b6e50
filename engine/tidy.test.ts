// The house rules that the compiler cannot check: who may import whom, what the engine never touches, how long a file gets.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  inspect,
  isReference,
  type Node,
  nameOf,
  namesDeclaredIn,
  ROOT,
  readSource,
  type Source,
  sourcesUnder,
  walk,
} from '../scripts/source-tree.ts'

// ---------------------------------------------------------------------------------------------- the rules, as data

/**
 * Arrows point down: each folder of the engine, and the folders that it may import besides itself. The kernel never
 * imports the API, since a Linux host does not know that Kubernetes exists; they meet in node, proxy and providers.
 */
const ARROWS: Record<string, readonly string[]> = {
  core: [],
  net: ['core'],
  kernel: ['core', 'net'],
  apps: ['core', 'net', 'kernel'],
  fabric: ['core', 'net', 'kernel'],
  api: ['core', 'net'],
  policy: ['core', 'net', 'api'],
  control: ['core', 'net', 'api'],
  cni: ['core', 'net', 'kernel', 'api'],
  node: ['core', 'net', 'kernel', 'api', 'control', 'cni', 'apps', 'dns'],
  proxy: ['core', 'net', 'kernel', 'api', 'control', 'apps', 'policy'],
  dns: ['core', 'net', 'kernel', 'api', 'control', 'apps', 'policy'],
  gateway: ['core', 'net', 'kernel', 'api', 'control', 'apps', 'policy'],
  mesh: ['core', 'net', 'kernel', 'api', 'control', 'apps', 'policy'],
  cloud: ['core', 'net', 'api', 'control', 'fabric'],
  providers: [
    ...['core', 'net', 'kernel', 'fabric', 'api', 'policy', 'control', 'cni', 'node'],
    ...['proxy', 'dns', 'gateway', 'mesh', 'cloud', 'apps'],
  ],
  // Lays a cluster out before its first event: fabric, hosts, system objects.
  cluster: [
    ...['core', 'net', 'kernel', 'fabric', 'api', 'policy', 'control', 'cni', 'node'],
    ...['proxy', 'dns', 'gateway', 'mesh', 'cloud', 'apps', 'providers'],
  ],
}

/** May import anything in the engine. `(root)` is the files directly under engine/: simulation, protocol, index, tables. */
const ANYTHING = ['(root)', 'cli', 'headless', 'testing']

/** The packages that the engine may use, and where. `*` is everywhere. */
const PACKAGES: Record<string, readonly string[] | '*'> = {
  '@noble/hashes': '*',
  'ipaddr.js': '*',
  'js-yaml': ['api', 'headless', '(root)', 'cli', 'testing'],
  'fast-check': ['testing'],
  vitest: ['testing'],
}

/** The only files of the engine that touch Node. */
const TOUCHES_NODE = [/^engine\/headless\/main\.ts$/, /^engine\/testing\/oracle\/.*record[^/]*\.ts$/]

/** Names that no engine file may use unless it declares them itself, and what to do instead. */
const BANNED_GLOBALS: Record<string, string> = {
  ...names('use the simulated time (SimTime, integer microseconds)', 'performance'),
  ...names('put an event in the queue', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'),
  ...names('put an event in the queue', 'requestAnimationFrame', 'requestIdleCallback'),
  ...names('the engine is synchronous: wait by event or requeueAfterUs', 'Promise'),
  ...names('the engine does not know the page', 'window', 'document', 'navigator', 'localStorage', 'sessionStorage'),
  ...names('the engine does not know the page', 'location', 'history', 'fetch', 'postMessage', 'self', 'globalThis'),
  ...names(
    'the engine does not know Node',
    'process',
    'Buffer',
    'require',
    'module',
    '__dirname',
    '__filename',
    'global',
  ),
  ...names('return a diagnostic or an outcome', 'console', 'alert'),
  ...names('use a named stream: rng(name)', 'crypto'),
  ...names('no code from text', 'eval', 'Function'),
}

/** `object.member` pairs that no engine file may use. */
const BANNED_MEMBERS: Record<string, string> = {
  'Math.random': 'use a named stream: rng(name)',
  'Date.now': 'use the simulated time (SimTime, integer microseconds)',
}

const LONGEST_FILE = 500
/** Files that are longer, each with the reason why it is still one idea. */
const LONG_FILES: Record<string, string> = {}

/** app/view and app/lessons are pure functions over rows and steps. */
const WITHOUT_REACT = ['app/view/', 'app/lessons/']
const REACT = ['react', 'react-dom', '@xyflow/react', 'zustand', 'lucide-react']
const DOORS = [
  ...['engine/index.ts', 'engine/protocol.ts', 'engine/session.ts'],
  ...['engine/parts.ts', 'engine/tools.ts', 'engine/language.ts'],
]

// ---------------------------------------------------------------------------------------------- the tests

const files = [...sourcesUnder('engine'), ...sourcesUnder('app')].map(readSource)
const engine = files.filter(({ path }) => path.startsWith('engine/') && !isTest(path))
const app = files.filter(({ path }) => path.startsWith('app/') && !isTest(path))

describe('imports', () => {
  test('every import of a file names one that exists, extension included', () => {
    const local = files.flatMap((file) => file.imports.filter((to) => to.path).map((to) => ({ file, to })))
    const missing = local.filter(({ to }) => !existsSync(join(ROOT, to.path ?? '')))
    expect(
      missing.map(({ file, to }) => `${file.path}:${to.line} imports ${to.specifier}, which is not there`),
    ).toEqual([])
  })

  test('arrows between the folders of the engine point down', () => {
    expect(engine.flatMap(arrowComplaints)).toEqual([])
  })

  test('every folder of the engine has its arrows written down', () => {
    const known = new Set([...Object.keys(ARROWS), ...ANYTHING])
    expect([...new Set(engine.map(({ path }) => folderOf(path)))].filter((folder) => !known.has(folder))).toEqual([])
  })

  test('the arrows themselves have no cycle', () => {
    const open = new Map(Object.entries(ARROWS).map(([folder, below]) => [folder, new Set(below)]))
    for (let leaf = findLeaf(open); leaf; leaf = findLeaf(open)) {
      open.delete(leaf)
      for (const below of open.values()) below.delete(leaf)
    }
    expect([...open.keys()]).toEqual([])
  })

  test('the engine uses only the packages that it is allowed', () => {
    expect(engine.flatMap(packageComplaints)).toEqual([])
  })

  test('the page enters the engine by its two doors only', () => {
    expect(app.flatMap(doorComplaints)).toEqual([])
  })

  test('app/view and app/lessons know neither React nor more of the engine than its types', () => {
    const pure = app.filter(({ path }) => WITHOUT_REACT.some((folder) => path.startsWith(folder)))
    expect(pure.flatMap(pureViewComplaints)).toEqual([])
  })
})

describe('bans in the engine', () => {
  const pure = engine.filter(({ path }) => !TOUCHES_NODE.some((pattern) => pattern.test(path)))

  test('no wall clock, chance, timers, promises, page or Node', () => {
    expect(pure.flatMap(banComplaints)).toEqual([])
  })

  test('no state that modules keep to themselves', () => {
    expect(pure.flatMap(moduleStateComplaints)).toEqual([])
  })
})

describe('shape', () => {
  test(`a file longer than ${LONGEST_FILE} lines hides a second idea, or is listed with its reason`, () => {
    const long = [...engine, ...app].filter(({ path, lines }) => lines > LONGEST_FILE && !LONG_FILES[path])
    expect(long.map(({ path, lines }) => `${path} has ${lines} lines: split it by idea`)).toEqual([])
  })

  test('every folder of the engine that holds behaviour holds tests', () => {
    const tested = new Set(files.filter(({ path }) => isTest(path)).map(({ path }) => folderOf(path)))
    const folders = new Set(engine.filter(holdsBehaviour).map(({ path }) => folderOf(path)))
    expect([...folders].filter((folder) => folder !== 'testing' && !tested.has(folder))).toEqual([])
  })
})

describe('the rules see what they are meant to see', () => {
  const complaintsAbout = (path: string, text: string) => {
    const file = inspect(path, text)
    return [
      arrowComplaints,
      packageComplaints,
      banComplaints,
      moduleStateComplaints,
      doorComplaints,
      pureViewComplaints,
    ]
      .flatMap((rule) => rule(file))
      .map((complaint) => complaint.replace(/^[^ ]+ /, ''))
  }

  test.each([
    ['kernel imports the API', 'engine/kernel/fib/fib.ts', "import type { A } from '../../api/store.ts'"],
    ['core imports anything', 'engine/core/a.ts', "export * from '../net/ip.ts'"],
    ['one provider imports another', 'engine/providers/flannel/a.ts', "import { a } from '../calico/b.ts'"],
    ['a lower folder imports the wiring', 'engine/control/a.ts', "import { a } from '../simulation.ts'"],
    ['code imports test helpers', 'engine/net/a.ts', "import { a } from '../testing/lab.ts'"],
    ['the engine imports the page', 'engine/cli/a.ts', "import { a } from '../../app/x.ts'"],
    ['an import type expression', 'engine/net/a.ts', "type A = import('../api/b.ts').B"],
    ['Node', 'engine/headless/answer.ts', "import { readFileSync } from 'node:fs'"],
    ['React', 'engine/index.ts', "import { useState } from 'react'"],
    ['YAML in the kernel', 'engine/kernel/a.ts', "import { load } from 'js-yaml'"],
    ['the wall clock', 'engine/core/a.ts', 'const at = Date.now()'],
    ['a date of now', 'engine/core/a.ts', 'const at = new Date()'],
    ['chance', 'engine/core/a.ts', 'const x = Math.random()'],
    ['a timer', 'engine/core/a.ts', 'setTimeout(() => {}, 0)'],
    ['an async function', 'engine/core/a.ts', 'export async function f() {}'],
    ['a promise', 'engine/core/a.ts', 'export const f = () => Promise.resolve(1)'],
    ['the page', 'engine/core/a.ts', 'document.title = ""'],
    ['a mutable variable of the module', 'engine/core/a.ts', 'export let next = 1'],
    ['an empty Map of the module', 'engine/core/a.ts', 'const seen = new Map<string, number>()'],
    ['the page past the doors', 'app/stores/a.ts', "import { a } from '../../engine/core/world.ts'"],
    ['React in a view', 'app/view/a.ts', "import { useMemo } from 'react'"],
    ['engine values in a view', 'app/view/a.ts', "import { a } from '../../engine/index.ts'"],
  ])('%s is found', (_what, path, text) => {
    expect(complaintsAbout(path, text)).toHaveLength(1)
  })

  test.each([
    ['arrows down', 'engine/control/a.ts', "import { a } from '../api/store.ts'; import { b } from '../core/x.ts'"],
    ['a provider and its list', 'engine/providers/registry.ts', "import { a } from './flannel/index.ts'"],
    ['wiring', 'engine/simulation.ts', "import { a } from './kernel/path/walk.ts'"],
    ['a name that is only mentioned', 'engine/core/a.ts', "// Math.random()\nconst text = 'Date.now() and setTimeout'"],
    [
      'a name of its own',
      'engine/api/a.ts',
      'export const kinds = (document: { process: string }) => document.process',
    ],
    ['a date of a given time', 'engine/core/a.ts', 'export const iso = (ms: number) => new Date(ms).toISOString()'],
    ['a table that is written out', 'engine/core/a.ts', 'const PORTS = new Map([["nginx", 80]])'],
    ['a local Map', 'engine/core/a.ts', 'export function f() { let n = 0; const m = new Map(); return [n, m] }'],
    ['the headless door', 'engine/headless/main.ts', "import { stdin } from 'node:process'"],
    ['a view of types', 'app/view/a.ts', "import type { Step } from '../../engine/index.ts'"],
  ])('%s is allowed', (_what, path, text) => {
    expect(complaintsAbout(path, text)).toEqual([])
  })
})

// ---------------------------------------------------------------------------------------------- each rule

function arrowComplaints(file: Source): string[] {
  if (!file.path.startsWith('engine/')) return []
  return file.imports.flatMap((to) => {
    if (!to.path) return []
    const at = `${file.path}:${to.line} imports ${to.path}:`
    if (!to.path.startsWith('engine/')) return [`${at} nothing in the engine imports what is outside it`]
    const [from, target] = [folderOf(file.path), folderOf(to.path)]
    if (from === target) return from === 'providers' ? siblingComplaint(file.path, to.path, at) : []
    if (ANYTHING.includes(from)) return []
    if (ARROWS[from]?.includes(target)) return []
    const allowed = ARROWS[from]?.join(', ') || 'no other folder'
    return [`${at} ${from} -> ${target} is not an allowed arrow (${from} may import ${allowed})`]
  })
}

/** Providers do not import each other: what two of them need belongs below them. Their list, beside them, imports all. */
function siblingComplaint(from: string, to: string, at: string): string[] {
  const [mine, theirs] = [from, to].map((path) => path.split('/'))
  if (mine === undefined || theirs === undefined || mine.length < 4 || theirs.length < 4 || mine[2] === theirs[2])
    return []
  return [`${at} providers do not import each other; move what both need to a folder below`]
}

function packageComplaints(file: Source): string[] {
  if (!file.path.startsWith('engine/') || TOUCHES_NODE.some((pattern) => pattern.test(file.path))) return []
  return file.imports.flatMap((to) => {
    if (!to.package) return []
    const where = PACKAGES[to.package]
    if (where === '*' || where?.includes(folderOf(file.path))) return []
    const why = where ? `only ${where.join(', ')} may` : 'it is not among the packages that the engine may use'
    return [`${file.path}:${to.line} imports the package ${to.package}: ${why}`]
  })
}

function doorComplaints(file: Source): string[] {
  if (!file.path.startsWith('app/')) return []
  const past = file.imports.filter((to) => to.path?.startsWith('engine/') && !DOORS.includes(to.path))
  return past.map((to) => `${file.path}:${to.line} imports ${to.path}: the page may import only ${DOORS.join(' and ')}`)
}

function pureViewComplaints(file: Source): string[] {
  if (!WITHOUT_REACT.some((folder) => file.path.startsWith(folder))) return []
  return file.imports.flatMap((to) => {
    const at = `${file.path}:${to.line} imports ${to.specifier}:`
    if (to.package && REACT.includes(to.package)) return [`${at} this folder is pure functions, without React`]
    const engineValue = to.path?.startsWith('engine/') && !to.typesOnly && file.path.startsWith('app/view/')
    return engineValue ? [`${at} the view may take only types from the engine (import type)`] : []
  })
}

function banComplaints(file: Source): string[] {
  if (TOUCHES_NODE.some((pattern) => pattern.test(file.path))) return []
  const declared = namesDeclaredIn(file.program)
  const complaints: string[] = []
  const complain = (node: Node, what: string, why: string) =>
    complaints.push(`${file.path}:${file.lineOf(node)} uses ${what}: ${why}`)
  walk(file.program, (node, parent, key) => {
    if (node.type === 'Identifier' && isReference(parent, key) && !declared.has(node.name as string)) {
      const why = BANNED_GLOBALS[node.name as string]
      if (why) complain(node, node.name as string, why)
    }
    if (node.type === 'MemberExpression' && !node.computed) {
      const member = `${nameOf(node.object)}.${nameOf(node.property)}`
      if (BANNED_MEMBERS[member]) complain(node, member, BANNED_MEMBERS[member])
    }
    if (node.type === 'NewExpression' && nameOf(node.callee) === 'Date' && (node.arguments as Node[]).length === 0) {
      complain(node, 'new Date()', 'use the simulated time (SimTime, integer microseconds)')
    }
    if (node.async === true || node.type === 'AwaitExpression') {
      complain(node, 'async', 'the engine is synchronous: wait by event or requeueAfterUs')
    }
    if (node.type === 'ImportExpression') complain(node, 'import()', 'the engine is synchronous: import at the top')
  })
  return complaints
}

/**
 * Two simulations can run side by side only if modules keep nothing. A WeakMap is let through: a memo keyed by a frozen
 * record cannot be observed.
 */
function moduleStateComplaints(file: Source): string[] {
  if (!file.path.startsWith('engine/')) return []
  const complaints: string[] = []
  for (const statement of file.program.body as Node[]) {
    const declaration = (statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement) as Node | null
    if (declaration?.type !== 'VariableDeclaration' || declaration.declare === true) continue
    for (const declarator of declaration.declarations as Node[]) {
      const at = `${file.path}:${file.lineOf(declarator)} keeps ${nameOf(declarator.id)}`
      if (declaration.kind !== 'const')
        complaints.push(`${at} in a variable of the module: state lives in the World's tables`)
      else if (isEmptyContainer(declarator)) {
        complaints.push(`${at} in an empty container of the module: state lives in the World's tables`)
      }
    }
  }
  return complaints
}

function isEmptyContainer(declarator: Node): boolean {
  const value = declarator.init as Node | null
  if (value?.type !== 'NewExpression' || (value.arguments as Node[]).length > 0) return false
  const annotation = ((declarator.id as Node).typeAnnotation as Node | null)?.typeAnnotation as Node | undefined
  if (nameOf(annotation?.typeName)?.startsWith('Readonly')) return false
  return ['Map', 'Set'].includes(nameOf(value.callee) ?? '')
}

// ---------------------------------------------------------------------------------------------- small helpers

/** `kernel` for engine/kernel/fib/fib.ts; `(root)` for engine/simulation.ts. */
function folderOf(path: string): string {
  const parts = path.split('/')
  return parts.length > 2 ? (parts[1] ?? '(root)') : '(root)'
}

function isTest(path: string): boolean {
  return /\.test\.tsx?$/.test(path)
}

function holdsBehaviour(file: Source): boolean {
  let found = false
  walk(file.program, (node) => {
    found ||=
      node.type === 'FunctionDeclaration' || node.type === 'ArrowFunctionExpression' || node.type === 'MethodDefinition'
  })
  return found
}

function findLeaf(graph: Map<string, Set<string>>): string | undefined {
  return [...graph].find(([, below]) => below.size === 0)?.[0]
}

function names(why: string, ...list: string[]): Record<string, string> {
  return Object.fromEntries(list.map((name) => [name, why]))
}
