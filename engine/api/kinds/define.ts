import type { KindDef } from './kind.ts'

type Given = Pick<KindDef, 'kind' | 'doc'> & Partial<KindDef>

/** A kind with what most have in common: core/v1, namespaced, a plural that ends in s, generation counted, acted upon. */
export function kind(given: Given): KindDef {
  const singular = given.kind.toLowerCase()
  return {
    group: '',
    version: 'v1',
    singular,
    plural: `${singular}s`,
    shortNames: [],
    namespaced: true,
    acts: true,
    generation: true,
    nameFormat: 'dns-subdomain',
    ...given,
  }
}
