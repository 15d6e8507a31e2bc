import type { Value } from './value.ts';

/** Whether a text names the EC2 or ECS metadata service: its addresses (AWS, "Instance metadata" and "Task metadata endpoint") and its old name. */
export function isMetadataAddress(value: Value | string): boolean {
  return (
    typeof value === 'string' &&
    /169\.254\.16[9]\.254|169\.254\.170\.2|fd00:ec2::254|\/\/instance-data\b/.test(value)
  );
}

/** Variables in which ECS tells a container the address of its task metadata endpoint. */
export function isMetadataVariable(name: string): boolean {
  return /^ECS_CONTAINER_METADATA_URI(_V4)?$/.test(name);
}

/** Libraries whose only business is to ask the metadata service. */
export function isMetadataLibrary(path: string): boolean {
  return /^(ec2_metadata|ec2metadata|aws_metadata|django_aws_utils|ebhealthcheck|boto\.utils\.get_instance|boto\.utils\b)/.test(
    path,
  );
}
