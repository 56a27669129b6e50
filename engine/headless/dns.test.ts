import { expect, test } from 'vitest'
import { answer } from './answer.ts'

const TEXT = `
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: alias}
spec: {type: ExternalName, externalName: web.default.svc.cluster.local}
---
apiVersion: v1
kind: Service
metadata: {name: far}
spec: {type: ExternalName, externalName: db.example.com}
---
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {nodeName: worker2, containers: [{name: c, image: nginx}]}
---
apiVersion: v1
kind: Pod
metadata: {name: host}
spec: {hostNetwork: true, nodeName: worker, containers: [{name: c, image: alpine, command: [sleep, infinity]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: host-first}
spec:
  hostNetwork: true
  dnsPolicy: ClusterFirstWithHostNet
  nodeName: worker
  hostAliases: [{ip: 10.0.0.1, hostnames: [db, db.local]}]
  containers: [{name: c, image: alpine, command: [sleep, infinity]}]
`

function ask(...asks: readonly object[]) {
  const result = answer({ scenario: TEXT, asks })
  if ('error' in result) throw new Error(result.error.message)
  return result.answers as Record<string, Record<string, unknown>>[] // one answer per ask, named like it
}

test('hostNetwork pods: the node’s resolver, the cluster’s with ClusterFirstWithHostNet', () => {
  const [plain, first, trace] = ask(
    { dns: { name: 'web', from: 'default/host' } },
    { dns: { name: 'web', from: 'default/host-first' } },
    { trace: { from: 'default/host-first', to: 'web', port: 80 } },
  )
  expect(plain.dns).toMatchObject({ answers: [] })
  expect(first.dns).toMatchObject({ rcode: 'NOERROR', answers: [{ name: 'web.default.svc.cluster.local' }] })
  expect(trace.trace).toMatchObject({ verdict: 'delivered', sourceSeen: '10.244.1.0' })
})

test('files of a hostNetwork pod are its own where they differ from its node’s', () => {
  const [conf, hosts, other] = ask(
    { show: { pod: 'default/host-first', command: 'cat /etc/resolv.conf' } },
    { show: { pod: 'default/host-first', command: 'cat /etc/hosts' } },
    { show: { node: 'worker', command: 'cat /etc/resolv.conf' } },
  )
  expect(conf.show.text).toMatch(
    /^search default\.svc\.cluster\.local .*\nnameserver 10\.96\.0\.10\noptions ndots:5\n$/,
  )
  expect(hosts.show.text).toContain('10.0.0.1\tdb\tdb.local\n')
  expect(other.show.text).not.toContain('10.96.0.10')
})

test.each([
  ['alias', ['alias.default.svc.cluster.local CNAME', 'web.default.svc.cluster.local A']],
  ['far', ['far.default.svc.cluster.local CNAME']],
])('an alias once, though both families were asked: %s', (name, records) => {
  const [{ dns }] = ask({ dns: { name, from: 'default/host-first' } })
  const answers = dns.answers as { name: string; type: string }[]
  expect([dns.rcode, answers.map((record) => `${record.name} ${record.type}`)]).toEqual(['NOERROR', records])
})
