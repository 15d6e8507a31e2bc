/** Paths of an instance that more than one part here speaks of, without the root before them. */
export const places = {
  staging: '/var/app/staging',
  current: '/var/app/current',
  getConfig: '/opt/elasticbeanstalk/bin/get-config',
  environment: '/opt/elasticbeanstalk/deployment/env',
  envList: '/opt/elasticbeanstalk/deployment/env.list',
  hostsList: '/var/lib/eb-hosts/hosts.env',
  webService: '/etc/systemd/system/web.service',
} as const;
