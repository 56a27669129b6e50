import { describe, expect, test } from 'vitest'
import { formatSelector, matches, matchesAll, matchesMap, parseSelector } from './selector.ts'

const WEB = { app: 'web', tier: 'front' }

describe('label selectors in manifests', () => {
  test.each([
    ['an empty selector matches everything', {}, WEB, true],
    ['an absent selector matches nothing', undefined, WEB, false],
    ['matchLabels', { matchLabels: { app: 'web' } }, WEB, true],
    ['matchLabels with another value', { matchLabels: { app: 'db' } }, WEB, false],
    ['In', { matchExpressions: [{ key: 'app', operator: 'In', values: ['db', 'web'] }] }, WEB, true],
    ['In, key absent', { matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }] }, WEB, false],
    ['NotIn, key absent', { matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a'] }] }, WEB, true],
    ['NotIn, value listed', { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] }, WEB, false],
    ['Exists', { matchExpressions: [{ key: 'tier', operator: 'Exists' }] }, WEB, true],
    ['DoesNotExist', { matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] }, WEB, false],
    [
      'both must hold',
      { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] },
      WEB,
      false,
    ],
    ['no labels at all', { matchLabels: { app: 'web' } }, undefined, false],
  ])('%s', (_what, selector, labels, expected) => {
    expect(matches(selector, labels)).toBe(expected)
  })

  test('the plain map of a Service selects nothing when empty', () => {
    expect([matchesMap({}, WEB), matchesMap({ app: 'web' }, WEB), matchesMap({ app: 'db' }, WEB)]).toEqual([
      false,
      true,
      false,
    ])
  })
})

describe('selectors as text', () => {
  test.each([
    ['', true],
    ['app=web', true],
    ['app==web,tier!=back', true],
    ['app in (db, web)', true],
    ['app notin (web)', false],
    ['zone notin (a)', true],
    ['tier', true],
    ['!tier', false],
    ['!zone,app', true],
    ['app=', false],
  ])('%j', (text, expected) => {
    const parsed = parseSelector(text)
    expect(parsed.ok && matchesAll(parsed.value, WEB)).toBe(expected)
  })

  test.each([
    ['app=web,', "unable to parse requirement: found '', expected: identifier after ','"],
    ['=web', "unable to parse requirement: found '=', expected: !, identifier, or 'end of string'"],
    ['app in web', "unable to parse requirement: found 'web' expected: '('"],
    ['app web', "unable to parse requirement: found 'web', expected: in, notin, =, ==, !=, gt, lt"],
    ['a b=c', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    [
      'size>x',
      "unable to parse requirement: values[0][size]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
    ],
  ])('%j is refused', (text, message) => {
    const parsed = parseSelector(text)
    expect(parsed.ok ? '' : parsed.error).toBe(message)
  })

  test('printed as kubectl prints them, sorted by key', () => {
    const selector = {
      matchLabels: { b: '1', a: '2' },
      matchExpressions: [{ key: 'aa', operator: 'In', values: ['y', 'x'] }],
    }
    expect([formatSelector(selector), formatSelector({}), formatSelector(undefined)]).toEqual([
      'a=2,aa in (x,y),b=1',
      '<none>',
      '<none>',
    ])
  })
})
