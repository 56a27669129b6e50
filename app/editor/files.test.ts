import { describe, expect, it } from 'vitest'
import { freeName, looksLikeManifest, withFiles } from './files.ts'

const files = [
  { name: 'shop.yaml', text: 'a' },
  { name: 'shop-2.yaml', text: 'b' },
]

describe('names of new files', () => {
  it.each([
    ['web.yaml', 'web.yaml'],
    ['shop.yaml', 'shop-3.yaml'],
    ['a/b.yaml', 'a-b.yaml'],
    ['', 'untitled.yaml'],
  ])('%s becomes %s', (wanted, name) => expect(freeName(wanted, files)).toBe(name))

  it('two of one name both get a tab', () => {
    const two = [
      { name: 'x.yaml', text: '1' },
      { name: 'x.yaml', text: '2' },
    ]
    expect(withFiles(files, two).names).toEqual(['x.yaml', 'x-2.yaml'])
    expect(withFiles(files, two).files).toHaveLength(4)
  })
})

describe('a text that is pasted onto the page', () => {
  it.each([
    ['apiVersion: v1\nkind: Pod\n', true],
    ['# a comment\n---\nkind: Service\n', true],
    ['{"apiVersion":"v1","kind":"List"}', true],
    ['10.96.0.1', false],
    ['see https://example.com', false],
  ])('%j', (text, expected) => expect(looksLikeManifest(text)).toBe(expected))
})
