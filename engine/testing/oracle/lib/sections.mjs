// Several tools' texts in one file, each under a line `## title`.

export const joinSections = (sections) =>
  Object.entries(sections)
    .map(([title, text]) => `## ${title}\n${text}`)
    .join('')

export function splitSections(text) {
  const sections = {}
  for (const part of text.split(/^## /m).slice(1)) {
    const end = part.indexOf('\n')
    sections[part.slice(0, end)] = part.slice(end + 1)
  }
  return sections
}
