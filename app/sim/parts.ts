import type { Part, PartName } from '../../engine/parts.ts'

/**
 * Where the engine's later parts come from: files beside the worker's own, asked for when first needed. The only dynamic
 * imports of the worker, so that a build into one script replaces nothing but this file.
 */
export const PARTS: Readonly<Record<PartName, () => Promise<Part>>> = {
  tools: () => import('../../engine/tools.ts').then(({ tools }) => tools),
  language: () => import('../../engine/language.ts').then(({ language }) => language),
}
