// One TCP or UDP probe from inside a namespace. Prints one JSON line, then holds the socket until its input closes.
import dgram from 'node:dgram'
import net from 'node:net'

const probe = JSON.parse(process.argv[2])
const began = process.hrtime.bigint()
const payload = Buffer.alloc(probe.payloadBytes, 'p')
let said = false

function say(result) {
  if (said) return
  said = true
  const ms = Number(process.hrtime.bigint() - began) / 1e6
  process.stdout.write(`${JSON.stringify({ result, ms })}\n`)
}

function tcp() {
  let got = 0
  const socket = net.connect({ host: probe.dst, port: probe.dport, localAddress: probe.src, localPort: probe.sport })
  socket.on('connect', () => {
    socket.write(payload)
    setTimeout(() => say('stalled'), 4000).unref()
  })
  socket.on('data', (data) => {
    got += data.length
    if (got >= payload.length) say('connected')
  })
  socket.on('error', (error) => say(error.code))
  return () => socket.destroy()
}

function udp() {
  const socket = dgram.createSocket(probe.dst.includes(':') ? 'udp6' : 'udp4')
  socket.on('error', (error) => say(error.code))
  socket.on('message', () => say('reply'))
  socket.bind({ address: probe.src, port: probe.sport }, () => {
    if (probe.ttl) socket.setTTL(probe.ttl)
    socket.connect(probe.dport, probe.dst, () => socket.send(payload, (error) => error && say(error.code)))
  })
  setTimeout(() => say('timeout'), probe.patienceMs ?? 4000).unref()
  return () => socket.close()
}

const close = probe.proto === 'tcp' ? tcp() : udp()
process.stdin.on('end', () => {
  close()
  process.exit(0)
})
process.stdin.resume()
