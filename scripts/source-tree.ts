// Reads source files as syntax trees, for the tests that hold the house rules (engine/tidy.test.ts).
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { parseSync } from 'vite'

export const ROOT = join(import.meta.dirname, '..')

const IMPORTING = new Set([
  ...['ImportDeclaration', 'ExportNamedDeclaration', 'ExportAllDeclaration'],
  ...['ImportExpression', 'TSImportType'],
])

export interface Import {
  specifier: string
  line: number
  /** The file meant, from the repository's root; absent for a package. */
  path?: string
  /** The package meant; `node:*` for Node's own modules. */
  package?: string
  typesOnly: boolean
}

export interface Source {
  path: string
  lines: number
  imports: Import[]
  program: Node
  lineOf(node: Node): number
}

/** A node of the syntax tree (ESTree with TypeScript's nodes). */
export interface Node {
  type: string
  start: number
  [key: string]: unknown
}

/** The TypeScript files under a folder of the repository, by path from its root. */
export function sourcesUnder(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => posix.join(folder, name.replaceAll('\\', '/')))
    .filter((path) => /\.tsx?$/.test(path))
    .sort()
}

export function readSource(path: string): Source {
  return inspect(path, readFileSync(join(ROOT, path), 'utf8'))
}

/** A source file's imports and syntax tree. */
export function inspect(path: string, text: string): Source {
  const parsed = parseSync(path, text)
  if (parsed.errors.length > 0) throw new Error(`${path} does not parse: ${parsed.errors[0]?.message}`)
  const program = parsed.program as unknown as Node
  const lineOf = (node: Node) => text.slice(0, node.start).split('\n').length
  const imports: Import[] = []
  walk(program, (node) => {
    const source = node.source as Node | null | undefined
    if (typeof source?.value !== 'string' || !IMPORTING.has(node.type)) return
    imports.push({ ...resolve(path, source.value), line: lineOf(node), typesOnly: isTypesOnly(node) })
  })
  return { path, lines: text.trimEnd().split('\n').length, imports, program, lineOf }
}

function isTypesOnly(node: Node): boolean {
  if (node.type === 'TSImportType' || node.importKind === 'type' || node.exportKind === 'type') return true
  const specifiers = (node.specifiers ?? []) as Node[]
  return specifiers.length > 0 && specifiers.every((one) => one.importKind === 'type' || one.exportKind === 'type')
}

function resolve(from: string, specifier: string): Pick<Import, 'specifier' | 'path' | 'package'> {
  const bare = specifier.replace(/\?.*$/, '')
  if (bare.startsWith('.')) return { specifier, path: posix.join(posix.dirname(from), bare) }
  if (bare.startsWith('node:')) return { specifier, package: 'node:*' }
  const parts = bare.split('/')
  return { specifier, package: parts.slice(0, bare.startsWith('@') ? 2 : 1).join('/') }
}

export function walk(
  node: Node,
  visit: (node: Node, parent: Node | undefined, key: string) => void,
  parent?: Node,
  key = '',
): void {
  visit(node, parent, key)
  for (const [name, value] of Object.entries(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, visit, node, name)
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'
}

/** Whether an identifier there is a use of a variable, rather than the name of a member, a property or a type. */
export function isReference(parent: Node | undefined, key: string): boolean {
  if (!parent) return false
  if (parent.type.startsWith('TS')) return key === 'expression' || key === 'exprName'
  if (key === 'property' && parent.type === 'MemberExpression') return parent.computed === true
  if (key === 'key') return parent.computed === true
  return !['imported', 'exported', 'label', 'meta'].includes(key)
}

/** Every name that the file binds anywhere. Coarse on purpose: a file with its own `document` is left alone about it. */
export function namesDeclaredIn(program: Node): Set<string> {
  const found = new Set<string>()
  const bind = (pattern: unknown) => {
    if (!isNode(pattern)) return
    if (pattern.type === 'Identifier') found.add(pattern.name as string)
    if (pattern.type === 'AssignmentPattern') bind(pattern.left)
    if (pattern.type === 'RestElement') bind(pattern.argument)
    if (pattern.type === 'ArrayPattern') for (const element of pattern.elements as unknown[]) bind(element)
    if (pattern.type === 'ObjectPattern') {
      for (const property of pattern.properties as Node[])
        bind(property.type === 'RestElement' ? property : property.value)
    }
  }
  walk(program, (node) => {
    if (['VariableDeclarator', 'FunctionDeclaration', 'FunctionExpression', 'ClassDeclaration'].includes(node.type))
      bind(node.id)
    if (node.type.startsWith('Import') && node.type.endsWith('Specifier')) bind(node.local)
    if (node.type === 'CatchClause') bind(node.param)
    if (Array.isArray(node.params)) for (const param of node.params) bind(param)
  })
  return found
}

/** The name, if the node is an identifier. */
export function nameOf(node: unknown): string | undefined {
  return isNode(node) && node.type === 'Identifier' ? (node.name as string) : undefined
}
