import { describe, expect, it } from 'vitest'
import { headlineOf } from './headline.ts'

const none = { created: [], updated: [], deleted: [], rules: { added: 0, removed: 0, hosts: 0 } }

describe('the headline of an edit', () => {
  it.each([
    ['a comment', none, 'no object changed'],
    [
      'a scaled Deployment',
      {
        created: ['Pod/default/web-1', 'Pod/default/web-2'],
        updated: ['Deployment/default/web', 'ReplicaSet/default/web-5', 'EndpointSlice/default/web-x', 'Node//worker'],
        deleted: [],
        rules: { added: 24, removed: 8, hosts: 4 },
      },
      '2 Pods created, 4 changed (Deployment web, ReplicaSet web-5, EndpointSlice web-x and 1 more); +24 −8 rules on 4 nodes',
    ],
    [
      'a Service taken away',
      { ...none, deleted: ['Service/default/web'], rules: { added: 0, removed: 5, hosts: 1 } },
      '1 Service deleted; +0 −5 rules on 1 node',
    ],
  ])('%s', (_name, wrote, text) => expect(headlineOf(wrote)).toBe(text))
})
