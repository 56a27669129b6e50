// Reads pcap (nanosecond, little-endian, as tcpdump writes it here) and reads and writes the part of pcapng we use:
// one section, one interface block per point with its name, enhanced packet blocks with a direction flag.

/** -> [{ ns: bigint, length, data: Buffer }] */
export function readPcap(bytes) {
  if (bytes.length < 24) return []
  if (bytes.readUInt32LE(0) !== 0xa1b23c4d) throw new Error('not a nanosecond little-endian pcap')
  const packets = []
  for (let at = 24; at + 16 <= bytes.length; ) {
    const captured = bytes.readUInt32LE(at + 8)
    const ns = BigInt(bytes.readUInt32LE(at)) * 1_000_000_000n + BigInt(bytes.readUInt32LE(at + 4))
    packets.push({ ns, length: bytes.readUInt32LE(at + 12), data: bytes.subarray(at + 16, at + 16 + captured) })
    at += 16 + captured
  }
  return packets
}

export function writePcapng(points, packets, snaplen) {
  const section = Buffer.alloc(16)
  section.writeUInt32LE(0x1a2b3c4d, 0)
  section.writeUInt16LE(1, 4)
  section.writeBigInt64LE(-1n, 8)
  const blocks = [block(0x0a0d0d0a, section)]
  for (const point of points) {
    const head = Buffer.alloc(8)
    head.writeUInt16LE(1, 0)
    head.writeUInt32LE(snaplen, 4)
    blocks.push(block(1, head, option(2, Buffer.from(point)), option(9, Buffer.from([9])), option(0, Buffer.alloc(0))))
  }
  for (const packet of packets) {
    const head = Buffer.alloc(20)
    head.writeUInt32LE(points.indexOf(packet.point), 0)
    head.writeUInt32LE(Number(packet.ns >> 32n), 4)
    head.writeUInt32LE(Number(packet.ns & 0xffffffffn), 8)
    head.writeUInt32LE(packet.data.length, 12)
    head.writeUInt32LE(packet.length, 16)
    const flags = Buffer.from([packet.dir === 'in' ? 1 : 2, 0, 0, 0])
    blocks.push(block(6, head, pad(packet.data), option(2, flags), option(0, Buffer.alloc(0))))
  }
  return Buffer.concat(blocks)
}

/** -> { points, packets: [{ point, dir, ns, length, data }] } */
export function readPcapng(bytes) {
  const points = []
  const packets = []
  for (let at = 0; at < bytes.length; ) {
    const type = bytes.readUInt32LE(at)
    const size = bytes.readUInt32LE(at + 4)
    const body = bytes.subarray(at + 8, at + size - 4)
    if (type === 1) points.push(readOptions(body.subarray(8)).get(2).toString())
    if (type === 6) {
      const captured = body.readUInt32LE(12)
      const flags = readOptions(body.subarray(20 + Math.ceil(captured / 4) * 4)).get(2)
      packets.push({
        point: points[body.readUInt32LE(0)],
        dir: (flags[0] & 3) === 1 ? 'in' : 'out',
        ns: (BigInt(body.readUInt32LE(4)) << 32n) | BigInt(body.readUInt32LE(8)),
        length: body.readUInt32LE(16),
        data: body.subarray(20, 20 + captured),
      })
    }
    at += size
  }
  return { points, packets }
}

function readOptions(bytes) {
  const options = new Map()
  for (let at = 0; at + 4 <= bytes.length; ) {
    const code = bytes.readUInt16LE(at)
    const size = bytes.readUInt16LE(at + 2)
    if (code === 0) break
    options.set(code, bytes.subarray(at + 4, at + 4 + size))
    at += 4 + Math.ceil(size / 4) * 4
  }
  return options
}

function block(type, ...parts) {
  const body = Buffer.concat(parts)
  const size = Buffer.alloc(4)
  size.writeUInt32LE(body.length + 12)
  const kind = Buffer.alloc(4)
  kind.writeUInt32LE(type)
  return Buffer.concat([kind, size, body, size])
}

function option(code, value) {
  const head = Buffer.alloc(4)
  head.writeUInt16LE(code, 0)
  head.writeUInt16LE(value.length, 2)
  return Buffer.concat([head, pad(value)])
}

function pad(bytes) {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)])
}
