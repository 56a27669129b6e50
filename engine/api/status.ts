import type { FieldError } from './field-error.ts'
import type { KindDef } from './kinds/kind.ts'
import type { Status } from './types.ts'

/**
 * The API server's refusals, word for word.
 * Models apimachinery/pkg/api/errors/errors.go.
 */

/** `pods`, `deployments.apps`: how a resource is called in NotFound, AlreadyExists and Conflict. */
export function resourceName(kind: KindDef): string {
  return kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`
}

/** `Service`, `Deployment.apps`: how a kind is called in Invalid. */
function qualifiedKind(kind: KindDef): string {
  return kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`
}

export const notFound = (kind: KindDef, name: string): Status => ({
  code: 404,
  reason: 'NotFound',
  message: `${resourceName(kind)} "${name}" not found`,
})

export const namespaceNotFound = (name: string): Status => ({
  code: 404,
  reason: 'NotFound',
  message: `namespaces "${name}" not found`,
})

export const alreadyExists = (kind: KindDef, name: string): Status => ({
  code: 409,
  reason: 'AlreadyExists',
  message: `${resourceName(kind)} "${name}" already exists`,
})

export const conflict = (kind: KindDef, name: string): Status => ({
  code: 409,
  reason: 'Conflict',
  message: `Operation cannot be fulfilled on ${resourceName(kind)} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
})

export const uidConflict = (kind: KindDef, name: string, given: string, actual: string): Status => ({
  code: 409,
  reason: 'Conflict',
  message: `Operation cannot be fulfilled on ${resourceName(kind)} "${name}": Precondition failed: UID in precondition: ${given}, UID in object meta: ${actual}`,
})

export const namespaceTerminating = (kind: KindDef, name: string, namespace: string): Status => ({
  code: 403,
  reason: 'Forbidden',
  message: `${resourceName(kind)} "${name}" is forbidden: unable to create new content in namespace ${namespace} because it is being terminated`,
})

/** Models plugin/pkg/admission/resourcequota/controller.go checkRequest. */
export const quotaExceeded = (kind: KindDef, name: string, { used, most }: { used: number; most: number }): Status => ({
  code: 403,
  reason: 'Forbidden',
  message: `${resourceName(kind)} "${name}" is forbidden: exceeded quota: ${QUOTA_NAME}, requested: pods=1, used: pods=${used}, limited: pods=${most}`,
})

/** The quota that every cluster of the playground has: its budget of Pods. */
const QUOTA_NAME = 'playground'

/** 422, or 400 if the value could not even be decoded into the kind's type. */
export function invalidObject(kind: KindDef, version: string, name: string, errors: readonly FieldError[]): Status {
  const undecodable = errors.find((error) => error.type === 'decode')
  if (undecodable) {
    return {
      code: 400,
      reason: 'BadRequest',
      message: `${kind.kind} in version "${version}" cannot be handled as a ${kind.kind}: ${undecodable.message}`,
      causes: [{ field: undecodable.field, message: undecodable.message }],
    }
  }
  const lines = [...new Set(errors.map((error) => `${error.field}: ${error.message}`))]
  const text = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`
  return {
    code: 422,
    reason: 'Invalid',
    message: `${qualifiedKind(kind)} "${name}" is invalid: ${text}`,
    causes: errors.map(({ field, message }) => ({ field, message })),
    ...(errors.every((error) => error.immutable) ? { immutable: true } : {}),
  }
}
