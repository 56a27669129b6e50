import { hash32 } from '../core/rng.ts'

/** `length` hexadecimal digits that belong to a name. */
export function hexOf(seed: number, name: string, length: number): string {
  let hex = ''
  for (let i = 0; hex.length < length; i++) hex += hash32(seed, `${name}#${i}`).toString(16).padStart(8, '0')
  return hex.slice(0, length)
}

/** A random-looking UUID that belongs to a name, as containerd puts it behind `cni-`. */
export function uuidOf(seed: number, name: string): string {
  const hex = hexOf(seed, name, 32)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** An image's full name, as containerd keeps it: `nginx` is `docker.io/library/nginx:latest`. */
export function fullImage(image: string): string {
  const [first, ...rest] = image.split('/')
  const registry = rest.length > 0 && /[.:]|^localhost$/.test(first)
  const path = registry ? image : rest.length > 0 ? `docker.io/${image}` : `docker.io/library/${image}`
  return /@|:[^/]*$/.test(path) ? path : `${path}:latest`
}
