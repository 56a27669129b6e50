// Runs commands in namespaces of our own. Every real namespace name carries PREFIX; nothing outside sees it.
import { execFileSync, spawn } from 'node:child_process'

export const PREFIX = 'pwor-'
export const real = (netns) => PREFIX + netns

export function run(command, args, options = {}) {
  try {
    return execFileSync(command, args, {
      encoding: 'utf8',
      maxBuffer: 1 << 26,
      stdio: ['pipe', 'pipe', 'pipe'],
      ...options,
    })
  } catch (error) {
    throw new Error(`${command} ${args.join(' ')}\n${error.stderr ?? error.message}`)
  }
}

/** `ip -n NETNS ...`, words separated by spaces. */
export const ip = (netns, words) => run('ip', ['-n', real(netns), ...words.split(' ')])
export const bridge = (netns, words) => run('bridge', ['-n', real(netns), ...words.split(' ')])

/** A program inside the namespace; its output with our prefix taken out of names. */
export const inside = (netns, argv, options) =>
  run('ip', ['netns', 'exec', real(netns), ...argv], options).replaceAll(PREFIX, '')

export const spawnInside = (netns, argv, options) => spawn('ip', ['netns', 'exec', real(netns), ...argv], options)

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
