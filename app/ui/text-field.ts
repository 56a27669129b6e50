/** Whether keys typed there are text. Monaco types through an EditContext: its focused element is no textarea. */
export function inTextField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target instanceof HTMLInputElement) return !NOT_TEXT.has(target.type)
  return (
    target.isContentEditable ||
    ['TEXTAREA', 'SELECT'].includes(target.tagName) ||
    target.closest('.monaco-editor') !== null
  )
}

const NOT_TEXT = new Set(['checkbox', 'radio', 'range', 'button', 'submit', 'file'])
