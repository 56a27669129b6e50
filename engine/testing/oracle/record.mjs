#!/usr/bin/env node
// Records scenarios on the Linux kernel of this machine, as root:  node record.mjs [name ...]
// Or makes expect.json again from what is already recorded, as anyone:  node record.mjs --expect [name ...]
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, tearDown } from './lib/build.mjs'
import { dumpBefore, versions } from './lib/dump.mjs'
import { expectOf } from './lib/expect.mjs'
import { print, printDump } from './lib/print.mjs'
import { performRun, ruleTexts, startListeners } from './lib/run.mjs'
import { joinSections, splitSections } from './lib/sections.mjs'

const here = dirname(fileURLToPath(import.meta.url))
/** Written only where a run changes the rules; otherwise the first run's text says it. */
const RULES_BEFORE = 'rules-before.txt'
const folderOf = (name) => join(here, 'recordings', name)

async function record(scenario) {
  const all = scenario.hosts.flatMap((host) => host.netns)
  tearDown()
  try {
    build(scenario)
    const state = Object.fromEntries(all.map((ns) => [ns.name, dumpBefore(ns, scenario.ipv6)]))
    const rulesBefore = scenario.runs.some((run) => run.change.some((c) => c.kind === 'iptables'))
      ? ruleTexts(scenario)
      : {}
    const stopListeners = await startListeners(scenario.listeners)
    const runs = []
    for (const run of scenario.runs) runs.push(await performRun(scenario, run, stopListeners.seen))
    await stopListeners()
    return { versions: versions(), state, rulesBefore, runs }
  } finally {
    tearDown()
  }
}

function write(name, raw) {
  rmSync(folderOf(name), { recursive: true, force: true })
  mkdirSync(folderOf(name), { recursive: true })
  const put = (file, content) => writeFileSync(join(folderOf(name), file), content)
  put('versions.json', `${print(raw.versions)}\n`)
  put('state.json', printDump(raw.state))
  put('runs.json', `${print(raw.runs.map(({ run }) => run))}\n`)
  if (Object.keys(raw.rulesBefore).length > 0) put(RULES_BEFORE, joinSections(raw.rulesBefore))
  for (const one of raw.runs) {
    put(`${one.run.name}.pcapng`, one.pcapng)
    for (const [file, sections] of Object.entries(one.texts)) {
      if (Object.keys(sections).length > 0) put(`${one.run.name}.${file}.txt`, joinSections(sections))
    }
  }
}

function read(name) {
  const get = (file, encoding = 'utf8') => readFileSync(join(folderOf(name), file), encoding)
  const recordedOn = JSON.parse(get('versions.json'))
  const netns = JSON.parse(get('state.json'))
  const runs = JSON.parse(get('runs.json')).map((run) => {
    const text = (file) => {
      const path = `${run.name}.${file}.txt`
      return existsSync(join(folderOf(name), path)) ? splitSections(get(path)) : {}
    }
    return {
      run,
      pcapng: get(`${run.name}.pcapng`, null),
      rules: rulesOf(text('rules')),
      conntrackBefore: byNetns(text('conntrack-before')),
      conntrack: byNetns(text('conntrack')),
    }
  })
  const before = existsSync(join(folderOf(name), RULES_BEFORE))
    ? rulesOf(splitSections(get(RULES_BEFORE)))
    : runs[0].rules
  const state = Object.fromEntries(
    Object.entries(netns).map(([ns, dump]) => [ns, { ...dump, iptables: '', ip6tables: '', ...before[ns] }]),
  )
  return { versions: recordedOn, state, runs }
}

const byNetns = (sections) =>
  Object.fromEntries(Object.entries(sections).map(([title, text]) => [title.split(' ')[0], text]))

/** { 'n1 iptables-save -c': text } -> { n1: { iptables, ip6tables } } */
function rulesOf(sections) {
  const rules = {}
  for (const [title, text] of Object.entries(sections)) {
    const [netns, tool] = title.split(' ')
    rules[netns] ??= { iptables: '', ip6tables: '' }
    rules[netns][tool.startsWith('ip6') ? 'ip6tables' : 'iptables'] = text
  }
  return rules
}

const args = process.argv.slice(2)
const onlyExpect = args[0] === '--expect'
const wanted = onlyExpect ? args.slice(1) : args
const known = readdirSync(join(here, 'scenarios')).map((file) => file.replace('.mjs', ''))
for (const name of wanted.length > 0 ? wanted : known.sort()) {
  const { default: scenario } = await import(`./scenarios/${name}.mjs`)
  if (scenario.name !== name) throw new Error(`scenarios/${name}.mjs calls itself ${scenario.name}`)
  if (!onlyExpect) write(name, await record(scenario))
  const expect = expectOf(scenario, read(name))
  writeFileSync(join(folderOf(name), 'expect.json'), `${print(expect)}\n`)
  const results = expect.runs.map(
    (run) => `${run.name}: ${run.expect.client.result} (${run.expect.client.afterSeconds} s)`,
  )
  process.stdout.write(`${name}  ${results.join(', ')}\n`)
}
process.exit(0)
