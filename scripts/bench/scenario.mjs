/** Text of a cluster with so many user pods on so many workers: Deployments of ten pods, a Service each. */
export function clusterText({ pods, nodes }) {
  const documents = [
    `apiVersion: podwalk.dev/v1\nkind: Cluster\nmetadata:\n  name: bench\nspec:\n  nodes: ${nodes + 1}\n  networking:\n    podSubnet: 10.128.0.0/9\n    cni:\n      name: flannel\n`,
  ]
  for (let made = 0, i = 0; made < pods; made += 10, i++) {
    const app = `app-${i}`
    documents.push(`apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${app}
spec:
  replicas: ${Math.min(10, pods - made)}
  selector:
    matchLabels: { app: ${app} }
  template:
    metadata:
      labels: { app: ${app} }
    spec:
      containers:
        - name: web
          image: nginx:1.27
          ports:
            - containerPort: 80
`)
    documents.push(
      `apiVersion: v1\nkind: Service\nmetadata:\n  name: ${app}\nspec:\n  selector: { app: ${app} }\n  ports:\n    - port: 80\n`,
    )
  }
  return documents.join('---\n')
}

export function median(numbers) {
  return percentile(numbers, 0.5)
}

export function percentile(numbers, p) {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))]
}

export function print(row) {
  const rounded = Object.fromEntries(
    Object.entries(row).map(([key, value]) => [
      key,
      typeof value === 'number' ? Math.round(value * 1000) / 1000 : value,
    ]),
  )
  process.stdout.write(`${JSON.stringify(rounded)}\n`)
}
