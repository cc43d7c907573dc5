//! Resources as IAM accepts them: `*`, or an ARN, which may have wildcards and may lack its end.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>

/// The partitions of AWS.
/// <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html>
const PARTITIONS: [&str; 8] =
    ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"];

/// Beginnings of the paths of IAM's resources.
const OF_IAM: [&str; 13] = [
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
];

/// Resources of S3 whose ARNs have a region. Those of buckets and objects have none.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html>
const REGIONAL_IN_S3: [&str; 6] = [
    "accesspoint/",
    "access-grants/",
    "async-request/",
    "job/",
    "storage-lens/",
    "storage-lens-group/",
];

/// Checks one resource.
pub(super) fn check(text: &str) -> Result<(), String> {
    if text == "*" {
        return Ok(());
    }
    let text = &without_colons_in_variables(text);
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    if parts.len() < 2 || parts.first() != Some(&"arn") {
        return Err(format!("`{}` is no ARN, and not `*`", text.escape_debug()));
    }
    let partition = parts.get(1).copied().unwrap_or_default();
    if partition != "*" && !PARTITIONS.contains(&partition) {
        return Err(format!("`{}` is no partition of AWS", partition.escape_debug()));
    }
    let service = parts.get(2).copied().unwrap_or_default();
    if service.is_empty() || service.contains(['*', '?', '$']) {
        return Err("the service of an ARN is written out, without a wildcard".to_owned());
    }
    if parts.len() < 6 && parts.iter().any(|part| part.is_empty()) {
        return Err(format!(
            "this ARN has too few colons: `arn:{partition}:{service}:<region>:<account>:<resource>`"
        ));
    }
    let region = parts.get(3).copied().unwrap_or_default();
    let account = parts.get(4).copied().unwrap_or_default();
    if let Some(odd) = [region, account].into_iter().find(|part| is_placeholder(part)) {
        return Err(format!("`{}` is no region or account", odd.escape_debug()));
    }
    // IAM reads a missing end as `*`.
    let path = parts.get(5).copied().unwrap_or("*");
    of_service(service, (region, account), path)
}

/// Checks the further rules that some services have about their ARNs.
fn of_service(service: &str, (region, account): (&str, &str), path: &str) -> Result<(), String> {
    let begins = |known: &[&str]| known.iter().any(|start| path.starts_with(start));
    match service {
        "iam" if !region.is_empty() => {
            Err("a resource of IAM is in no region: leave it empty".to_owned())
        }
        "iam" if !["*", "root"].contains(&path) && !begins(&OF_IAM) => Err(format!(
            "a resource of IAM is `*`, `root`, or begins with one of {}",
            OF_IAM.map(|start| format!("`{start}`")).join(", ")
        )),
        "s3" if !begins(&REGIONAL_IN_S3) && !region.is_empty() => {
            Err("a bucket is in no region as ARNs go: write `arn:aws:s3:::<bucket>`".to_owned())
        }
        "s3" if !begins(&REGIONAL_IN_S3) && !["", "*"].contains(&account) => {
            Err("a bucket is of no account as ARNs go: write `arn:aws:s3:::<bucket>`".to_owned())
        }
        "route53" if !region.is_empty() || !account.is_empty() => {
            Err("a resource of Route 53 has no region and no account: leave them empty".to_owned())
        }
        _ => Ok(()),
    }
}

/// The ARN without the colons inside variables such as `${aws:PrincipalAccount}`, so that it can be
/// split at its own colons.
pub(super) fn without_colons_in_variables(text: &str) -> String {
    let mut inside = false;
    let mut before = ' ';
    let opaque = |c: char| {
        inside = match c {
            '{' if before == '$' => true,
            '}' => false,
            _ => inside,
        };
        before = c;
        if inside && c == ':' { '-' } else { c }
    };
    text.chars().map(opaque).collect()
}

/// Whether a part still has a placeholder such as `<region>` or `{account}`.
fn is_placeholder(part: &str) -> bool {
    part.contains(['<', '>']) || part.replace("${", "").contains('{')
}
