import { fillFields, markComplete } from './defaults.ts'
import { type FieldError, invalid, required } from './field-error.ts'
import { formatProblems } from './formats.ts'
import { deepFreeze, shareUnchanged } from './json.ts'
import type { Allocation, KindDef } from './kinds/kind.ts'
import { OBJECT_META } from './kinds/meta.ts'
import type { KubeObject } from './types.ts'
import { validateFields, validateValue } from './validate.ts'

/** An object as it would be stored, and what a real API server would refuse it for. */
export interface Admitted {
  readonly object: KubeObject
  readonly errors: readonly FieldError[]
}

/** Defaults, hands out addresses and ports, and validates a new object. */
export function admit(given: KubeObject, kind: KindDef, where: Allocation): Admitted {
  return complete(given, kind, where)
}

/** The same for a change of a stored object. `object` is `before` itself if nothing differs. */
export function admitUpdate(given: KubeObject, before: KubeObject, kind: KindDef, where: Allocation): Admitted {
  const shared = shareUnchanged(before, given)
  if (shared === before) return { object: before, errors: [] }
  const admitted = complete(shared, kind, where, before)
  const object = admitted.object === shared ? shared : shareUnchanged(before, admitted.object)
  if (object === before || admitted.errors.length > 0) return { object, errors: admitted.errors }
  return { object, errors: kind.validateUpdate?.(object, before) ?? [] }
}

/**
 * Wrong types pass through defaulting as they are, and are found afterwards: everything is walked once. Of an update only
 * what is not the very part that was stored before is looked at.
 */
function complete(given: KubeObject, kind: KindDef, where: Allocation, before?: KubeObject): Admitted {
  let object = kind.fields ? fillFields(kind.fields, given) : given
  if (kind.prepare) object = kind.prepare(object, { isNew: before === undefined, before })
  deepFreeze(object)
  const errors: FieldError[] = object.metadata === before?.metadata ? [] : [...validateMetadata(object, kind)]
  if (kind.fields) {
    for (const key in kind.fields) if (object[key] !== before?.[key]) markComplete(kind.fields[key], object[key])
    errors.push(...validateFields(kind.fields, object, '', kind.kind, before))
    const undecodable = errors.filter((error) => error.type === 'decode')
    if (undecodable.length > 0) return { object: given, errors: undecodable }
  }
  if (before === undefined || object.spec !== before.spec) errors.push(...(kind.validate?.(object) ?? []))
  if (errors.length > 0 || !kind.allocate) return { object, errors }
  return kind.allocate(object, where)
}

function validateMetadata({ metadata }: KubeObject, kind: KindDef): readonly FieldError[] {
  if (!metadata.name) return [required('metadata.name', 'name or generateName is required')]
  const errors = validateValue(OBJECT_META, metadata, 'metadata')
  const wrong =
    kind.nameFormat === 'path' ? pathProblems(metadata.name) : formatProblems(kind.nameFormat, metadata.name)
  return wrong.length === 0
    ? errors
    : [...wrong.map((problem) => invalid('metadata.name', metadata.name, problem)), ...errors]
}

/** Names that need only be one segment of a URL (RBAC). Models apimachinery/pkg/api/validation/path/name.go. */
function pathProblems(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`]
  return ['/', '%'].filter((char) => name.includes(char)).map((char) => `may not contain '${char}'`)
}
