import { describe, expect, test } from 'vitest'
import { PARSE_LIMITS } from './limits.ts'
import { parseText } from './parse.ts'
import { rangesIn } from './ranges.ts'
import { splitDocuments } from './split.ts'

const valuesOf = (text: string) => parseText('f.yaml', text).documents.map(({ value }) => value)
const firstOf = (text: string) => {
  const [first] = parseText('f.yaml', text).diagnostics
  return first && [first.line, first.column, first.code]
}

describe('documents', () => {
  test.each<[string, string, unknown[]]>([
    ['several', 'a: 1\n---\nb: 2\n', [{ a: 1 }, { b: 2 }]],
    [
      'empty ones and comments between',
      '# c\n---\n# only this\n---\n\n---\na: 1\n...\n---\nb: 2\n---\n',
      [{ a: 1 }, { b: 2 }],
    ],
    ['Windows line ends', 'a: 1\r\n---\r\nb:\r\n  c: x\r\n', [{ a: 1 }, { b: { c: 'x' } }]],
    ['content beside the marker', '--- {a: 1}\n--- # no\nb: 2', [{ a: 1 }, { b: 2 }]],
    ['directives', '%YAML 1.2\n---\na: 1\n', [{ a: 1 }]],
    ['a marker inside a block scalar ends it', 'a: |\n  x\n---\nb: 1', [{ a: 'x\n' }, { b: 1 }]],
    ['dashes that are no marker', 'a: |\n  ---\n  x\n', [{ a: '---\nx\n' }]],
    ['JSON', '{"a": [1, {"b": null}], "c": "d"}', [{ a: [1, { b: null }], c: 'd' }]],
    ['JSON indented with tabs', '{\n\t"a": {\n\t\t"b": 1\n\t}\n}', [{ a: { b: 1 } }]],
    ['JSON objects one after the other', '{\n"a": 1\n}\n{\n"b": 2\n}\n', [{ a: 1 }, { b: 2 }]],
    ['KYAML', '---\n{\n  a: "1", # c\n  b: [\n    "x",\n  ],\n}\n', [{ a: '1', b: ['x'] }]],
    [
      'closing brackets no deeper than their key',
      'a:\n  - b: [\n      "x", "y",\n    ]\n    c: {\n      d: [\n        1\n      ]\n    }\ne: [\n  1\n]\n',
      [{ a: [{ b: ['x', 'y'], c: { d: [1] } }], e: [1] }],
    ],
    ['a byte order mark', '\ufeffa: 1', [{ a: 1 }]],
    ['nothing', '', []],
  ])('%s', (_what, text, values) => {
    expect(valuesOf(text)).toEqual(values)
  })

  test('lines are counted in the file, not in the document', () => {
    expect(splitDocuments('a: 1\n\n---\nb: 2\n---\nc: 3').map(({ line }) => line)).toEqual([1, 3, 5])
    expect(firstOf('a: 1\n---\nb: 2\n---\nc:\n\td: 3')).toEqual([6, 1, 'yaml-tab'])
  })

  test('one broken document does not take the others along', () => {
    const { documents, broken } = parseText('f', 'a: 1\n---\nb: [1\n---\nc: 3')
    expect([documents.map(({ value }) => value), broken]).toEqual([[{ a: 1 }, { c: 3 }], true])
  })
})

describe('scalars as kubectl reads them', () => {
  test.each<[string, unknown]>([
    ['yes', true],
    ['on', true],
    ['Off', false],
    ['n', false],
    ['"yes"', 'yes'],
    ['0644', 420],
    ['0o644', 420],
    ['0x1F', 31],
    ['1_000', 1000],
    ['1e3', 1000],
    ['.5', 0.5],
    ['-7', -7],
    ['22:22', '22:22'],
    ['2001-01-01', '2001-01-01'],
    ['1.27.0', '1.27.0'],
    ['10.0.0.1', '10.0.0.1'],
    ['~', null],
    ['!!str 8080', '8080'],
    ['08', 8],
    ['Yess', 'Yess'],
  ])('%s', (text, value) => {
    expect(valuesOf(`k: ${text}`)).toEqual([{ k: value }])
  })

  test('keys are text, whatever they look like', () => {
    expect(valuesOf('on: 1\n8080: 2\n')).toEqual([{ true: 1, 8080: 2 }])
  })

  test('anchors, aliases and merge keys', () => {
    expect(valuesOf('base: &b {u: 1, v: 2}\nc:\n  <<: *b\n  v: 3\nd: *b')).toEqual([
      { base: { u: 1, v: 2 }, c: { u: 1, v: 3 }, d: { u: 1, v: 2 } },
    ])
  })
})

describe('what is wrong, and where', () => {
  test.each<[string, string, [number, number, string]]>([
    ['a tab', 'a:\n\tb: 1', [2, 1, 'yaml-tab']],
    ['indentation that fits nothing', 'spec:\n  a: 1\n b: 2', [3, 2, 'yaml-indentation']],
    ['a quote that never closes', 'a: "x\nb: 2', [1, 4, 'yaml-quote']],
    ['a bracket that nothing opened', 'a: 1\n]\nb: 2', [2, 1, 'yaml-syntax']],
    ['a bracket that never closes', 'a: [1, 2', [1, 9, 'yaml-syntax']],
    ['a line without a colon', 'a: 1\nport 80\n', [2, 1, 'yaml-syntax']],
    ['a line without a colon, and lines below it', 'a: 1\nport 80\nb: 2\n', [2, 1, 'yaml-syntax']],
    ['two pairs on a line', 'a: b: c', [1, 1, 'yaml-syntax']],
    ['a key twice', 'a: 1\nb: 2\na: 3', [3, 1, 'yaml-duplicate-key']],
    ['an alias to nothing', 'a: *x', [1, 4, 'yaml-alias']],
    ['a value that contains itself', 'a: &x [*x]', [1, 8, 'yaml-alias']],
    ['an integer beyond 2^53', 'a: 9007199254740993', [1, 4, 'yaml-number']],
    ['a key with a meaning of its own', 'a:\n  __proto__: {b: 1}', [2, 3, 'yaml-key']],
    ['constructor as a key', 'constructor: 1', [1, 1, 'yaml-key']],
    ['a template', 'a: {{ .Values.x }}', [1, 5, 'yaml-template']],
    ['a value that begins with a reserved sign', 'a: @x', [1, 4, 'yaml-syntax']],
  ])('%s', (_what, text, expected) => {
    expect(firstOf(text)).toEqual(expected)
  })

  test('every message is plain words with something to try', () => {
    const { diagnostics } = parseText('f', 'spec:\n  a: 1\n b: 2')
    expect(diagnostics[0]).toMatchObject({
      message: 'this line is indented by 1, which fits nothing above it',
      hint: 'The line above begins at column 3; keys of one map begin at the same column, two more for what lies inside.',
      endLine: 3,
      endColumn: 6,
    })
  })
})

describe('limits', () => {
  const codes = (text: string, limits = {}) =>
    parseText('f', text, { ...PARSE_LIMITS, ...limits }).diagnostics.map(({ code }) => code)

  test('length, nesting, keys and expansion', () => {
    expect(codes('a: 1', { textLength: 3 })).toEqual(['limit'])
    expect(codes('['.repeat(70))).toEqual(['limit'])
    expect(codes('{"a":'.repeat(40_000))).toEqual(['limit'])
    expect(codes(Array.from({ length: 2001 }, (_, i) => `k${i}: 1`).join('\n'))).toEqual(['limit'])
    const laughs = [
      'a0: &a0 [x,x,x,x,x,x,x,x,x,x]',
      ...Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(',')}]`),
    ]
    expect(codes(laughs.join('\n'))).toEqual(['limit'])
  })

  test('450 kB in 3,000 documents keep every value', () => {
    const text = Array.from(
      { length: 3000 },
      (_, i) =>
        `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c${i}\n  labels: {app: "web", tier: front}\ndata:\n  a: "1"\n  b: some longer text for the value\n`,
    ).join('---\n')
    const values = valuesOf(text) as { metadata: { name: string } }[]
    expect([values.length, values[2999].metadata.name]).toEqual([3000, 'c2999'])
  })
})

describe('ranges', () => {
  const text = [
    'apiVersion: v1',
    'metadata:',
    '  labels:',
    '    app.kubernetes.io/name: "x"',
    'spec:',
    '  ports:',
    '  - port: 80',
    '    targetPort: 8080',
    '  - {port: 1}',
    'data:',
    '  a: |',
    '    one',
    '    two',
    '',
  ].join('\n')

  test.each([
    ['apiVersion', [1, 1, 1, 15]],
    ['metadata.labels[app.kubernetes.io/name]', [4, 5, 4, 32]],
    ['spec.ports[0].targetPort', [8, 5, 8, 21]],
    ['spec.ports[0]', [7, 5, 8, 21]],
    ['spec.ports', [6, 3, 9, 13]],
    ['data.a', [11, 3, 13, 8]],
  ])('%s', (path, range) => {
    expect(rangesIn(text).get(path)).toEqual(range)
    expect(rangesIn(text, 11).get(path)).toEqual([range[0] + 10, range[1], range[2] + 10, range[3]])
  })
})
