// Plain JavaScript, so that a Node.js too old to strip types can still say what is wrong.
const [major, minor] = process.versions.node.split(".").map(Number)

if (major < 22 || (major === 22 && minor < 19)) {
  console.error(
    `Rulestead needs Node.js 22.19 or newer, and this is ${process.versions.node}.\n`
      + "`npm ci` brings Node.js 24 into node_modules; run it without --ignore-scripts and try again."
  )
  process.exit(1)
}
