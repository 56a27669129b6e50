import { resourceName } from '../../api/status.ts'
import { formatLabels, matchesAll, parseSelector } from '../../api/selector.ts'
import type { KubeObject } from '../../api/types.ts'
import type { WorldReader } from '../../core/world.ts'
import { type Column, columnsOf } from './columns.ts'
import type { Flags } from './flags.ts'
import { fieldOf, printObjects } from './output.ts'
import { failure, type KubectlOutput } from './answer.ts'
import { listObjects, readObject } from './read.ts'
import { type Target, targetsOf } from './resources.ts'
import { GET_SPACING, tabwrite } from './tabwriter.ts'

interface Found {
  readonly target: Target
  readonly objects: readonly KubeObject[]
}

/** `kubectl get`. */
export function get(reader: WorldReader, cluster: string, flags: Flags): KubectlOutput {
  if (flags.words.length === 0) return failure(NOTHING_ASKED)
  const targets = targetsOf(reader, cluster, flags.words)
  if (!targets.ok) return failure(targets.error)
  const selector = parseSelector(flags.selector ?? '')
  if (!selector.ok) return failure(`Error from server (BadRequest): ${selector.error}`)
  const named = targets.value.some(({ name }) => name !== undefined)
  if (named && flags.allNamespaces && targets.value.some(({ kind }) => kind.namespaced)) {
    return failure('error: a resource cannot be retrieved by name across all namespaces')
  }
  if (named && flags.selector !== undefined)
    return failure('error: name cannot be provided when a selector is specified')

  const found: Found[] = []
  const errors: string[] = []
  for (const target of targets.value) {
    if (target.name === undefined) {
      const namespace = flags.allNamespaces ? undefined : (flags.namespace ?? 'default')
      const all = listObjects(reader, cluster, target, namespace)
      const objects = all
        .filter(({ metadata }) => matchesAll(selector.value, metadata.labels))
        .filter((object) => meetsFields(object, flags))
      found.push({ target, objects: sortedBy(objects, flags.sortBy) })
      continue
    }
    const object = readObject(reader, cluster, target, flags.namespace ?? 'default')
    if (object) found.push({ target, objects: [object] })
    else if (!flags.ignoreNotFound)
      errors.push(`Error from server (NotFound): ${resourceName(target.kind)} "${target.name}" not found`)
  }
  return print(reader, found, errors, flags, named)
}

function print(
  reader: WorldReader,
  found: readonly Found[],
  errors: readonly string[],
  flags: Flags,
  named: boolean,
): KubectlOutput {
  const nowUs = reader.get('clock', 'clock')?.now ?? 0
  const deprecated = found.some(({ target }) => target.key === 'Endpoints') ? [ENDPOINTS_WARNING] : []
  const objects = found.flatMap((each) => each.objects)
  const exitCode = errors.length > 0 ? 1 : 0
  const finish = (text: string, more: readonly string[] = []): KubectlOutput => ({
    text,
    stderr: [...deprecated, ...more, ...errors].map((line) => `${line}\n`).join(''),
    exitCode,
  })
  const { output } = flags
  if (output === 'name') {
    return finish(
      found
        .flatMap(({ target, objects: own }) => own.map((object) => `${typeName(target)}/${object.metadata.name}\n`))
        .join(''),
    )
  }
  if (output !== undefined && output !== 'wide') {
    if (named && objects.length === 0) return finish('')
    const printedText = printObjects(
      output,
      objects,
      named && objects.length === 1 && found.length + errors.length === 1,
    )
    return printedText.ok ? finish(printedText.value) : failure(printedText.error)
  }
  const filled = found.filter((each) => each.objects.length > 0)
  if (filled.length === 0) {
    if (errors.length > 0 || named) return finish('')
    const everywhere = flags.allNamespaces || found.every(({ target }) => !target.kind.namespaced)
    return finish('', [
      everywhere ? 'No resources found' : `No resources found in ${flags.namespace ?? 'default'} namespace.`,
    ])
  }
  const several = filled.length > 1 || found.length > 1 || flags.showKind
  const groups = named ? byKind(filled) : filled
  return finish(
    groups
      .map((each) =>
        table(each, flags, nowUs, several && (groups.length > 1 || flags.showKind || !named || found.length > 1)),
      )
      .join('\n'),
  )
}

/** Objects of one kind that were asked for by name stand in one table. */
function byKind(found: readonly Found[]): Found[] {
  const groups = new Map<string, Found>()
  for (const { target, objects } of found) {
    const group = groups.get(target.key)
    groups.set(target.key, { target, objects: [...(group?.objects ?? []), ...objects] })
  }
  return [...groups.values()]
}

function table({ target, objects }: Found, flags: Flags, nowUs: number, withKind: boolean): string {
  const columns: Column[] = columnsOf(target.key).filter((column) => !column.wide || flags.output === 'wide')
  if (flags.allNamespaces && target.kind.namespaced)
    columns.unshift({ name: 'NAMESPACE', cell: ({ metadata }) => metadata.namespace ?? '' })
  for (const label of flags.labelColumns) {
    columns.push({
      name: (label.split('/').at(-1) ?? label).toUpperCase(),
      cell: ({ metadata }) => metadata.labels?.[label] ?? '',
    })
  }
  if (flags.showLabels) columns.push({ name: 'LABELS', cell: ({ metadata }) => formatLabels(metadata.labels) })
  const rows = objects.map((object) =>
    columns.map(({ name, cell }) =>
      withKind && name === 'NAME' ? `${typeName(target)}/${cell(object, nowUs)}` : cell(object, nowUs),
    ),
  )
  const lines = [...(flags.noHeaders ? [] : [columns.map(({ name }) => name)]), ...rows].map((cells) =>
    cells.join('\t'),
  )
  return `${tabwrite(lines.join('\n'), GET_SPACING)}\n`
}

/** `pod`, `deployment.apps` */
function typeName({ kind }: Target): string {
  return kind.group === '' ? kind.singular : `${kind.singular}.${kind.group}`
}

function meetsFields(object: KubeObject, { fieldSelector }: Flags): boolean {
  return (fieldSelector ?? '').split(',').every((part) => {
    const match = /^([^=!]+)(!=|==|=)(.*)$/.exec(part)
    if (!match) return true
    const [, path, operator, wanted] = match
    const equal = String(fieldOf(object, path) ?? '') === wanted
    return operator === '!=' ? !equal : equal
  })
}

function sortedBy(objects: readonly KubeObject[], path: string | undefined): readonly KubeObject[] {
  if (path === undefined) return objects
  const key = (object: KubeObject) => fieldOf(object, path) as number | string | undefined
  const text = (value: unknown) => (value === undefined ? '' : (value as string))
  return [...objects].sort((a, b) => (text(key(a)) < text(key(b)) ? -1 : text(key(a)) > text(key(b)) ? 1 : 0))
}

const ENDPOINTS_WARNING = 'Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice'

const NOTHING_ASKED = `You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.

error: Required resource not specified.
Use "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).
See 'kubectl get -h' for help and examples`
