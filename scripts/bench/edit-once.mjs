import { Session } from '../../engine/session.ts'
import { clusterText, median, percentile } from './scenario.mjs'

/** Edits of a Deployment's replica count in a running session, as the worker handles them: text in, update out. */
const [pods, nodes, runs] = process.argv.slice(2).map(Number)
const bench = clusterText({ pods, nodes })
const filesWith = (replicas) => [
  { name: 'edit.yaml', text: `${EDITED}  replicas: ${replicas}\n` },
  { name: 'bench.yaml', text: bench },
]
const EDITED = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: edited
spec:
  selector:
    matchLabels: { app: edited }
  template:
    metadata:
      labels: { app: edited }
    spec:
      containers:
        - name: web
          image: nginx:1.27
`
let last
const session = new Session((update) => {
  if (update.type === 'world' || update.type === 'failed') last = update
})
const question = { from: 'default/deploy/app-0', to: 'svc/app-1.default', port: 80, protocol: 'TCP' }
session.handle({ type: 'load', id: 0, files: filesWith(3), seed: 1, question })
const times = []
const sizes = []
for (let i = 1; i <= runs; i++) {
  const cpu = process.cpuUsage()
  session.handle({ type: 'edit', id: i, files: filesWith(1 + (i % 5)) })
  const used = process.cpuUsage(cpu)
  if (last.type !== 'world' || last.rejected) throw new Error(JSON.stringify(last).slice(0, 300))
  times.push((used.user + used.system) / 1000)
  sizes.push(JSON.stringify(last).length / 1000)
}
process.stdout.write(JSON.stringify({ cpu: median(times), p95: percentile(times, 0.95), kb: median(sizes) }))
