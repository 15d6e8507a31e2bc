/** The namespaces of Elastic Beanstalk's options that eb-hosts reads or writes (Developer Guide, command-options-general). */

export const environmentNamespace = 'aws:elasticbeanstalk:environment';
/** Environment properties. */
export const propertyNamespace = 'aws:elasticbeanstalk:application:environment';
/** `Application Healthcheck URL`, which only a classic load balancer reads. */
export const applicationNamespace = 'aws:elasticbeanstalk:application';
export const classicHealthNamespace = 'aws:elb:healthcheck';
export const commandNamespace = 'aws:elasticbeanstalk:command';
export const listenerPrefix = 'aws:elbv2:listener:';
export const listenerRulePrefix = 'aws:elbv2:listenerrule:';
export const processPrefix = 'aws:elasticbeanstalk:environment:process:';

/** The name of the process whose options a namespace holds; undefined if it is no process's. */
export function processOf(namespace: string): string | undefined {
  return namespace.startsWith(processPrefix) ? namespace.slice(processPrefix.length) : undefined;
}
