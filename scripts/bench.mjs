// `npm run bench`: prints one JSON line per figure. Nothing is measured yet, and it says so rather than print a number.
console.error('bench: no benchmark is written yet')
process.exit(1)
