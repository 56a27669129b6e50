import { complete, hover } from './api/language.ts'
import type { Part } from './parts.ts'

/** Help in the editor: works on the text alone, and knows more with a world. */
export const language: Part = {
  answer(look, sim) {
    const { id } = look
    if (look.type === 'complete')
      return { type: 'completions', id, items: complete(look.text, look.offset, sim?.world) }
    if (look.type !== 'hover') throw new Error(`the language service does not answer ${look.type}`)
    const found = hover(look.text, look.offset)
    return { type: 'hovered', id, markdown: found?.markdown ?? null, range: found?.range }
  },
}
