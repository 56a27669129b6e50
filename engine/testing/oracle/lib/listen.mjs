// Echo servers inside a namespace. Prints `ready`, then one JSON line per connection or datagram.
import dgram from 'node:dgram'
import net from 'node:net'

const listeners = JSON.parse(process.argv[2])
let waiting = listeners.length
const ready = () => --waiting === 0 && process.stdout.write('ready\n')
const say = (seen) => process.stdout.write(`${JSON.stringify(seen)}\n`)

for (const listener of listeners) {
  if (listener.proto === 'tcp') {
    const server = net.createServer((socket) => {
      const { remoteAddress, remotePort, localAddress, localPort } = socket
      say({ proto: 'tcp', src: remoteAddress, sport: remotePort, dst: localAddress, dport: localPort })
      socket.on('data', (data) => socket.write(data))
      socket.on('error', () => socket.destroy())
    })
    server.listen(listener.port, listener.address, ready)
  } else {
    const socket = dgram.createSocket(listener.address.includes(':') ? 'udp6' : 'udp4')
    socket.on('message', (data, from) => {
      say({ proto: 'udp', src: from.address, sport: from.port, dst: listener.address, dport: listener.port })
      socket.send(data, from.port, from.address)
    })
    socket.bind(listener.port, listener.address, ready)
  }
}
process.stdin.on('end', () => process.exit(0))
process.stdin.resume()
