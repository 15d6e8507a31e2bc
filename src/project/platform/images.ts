const infrastructure =
  /^(?:postgres|postgis|timescaledb?|mysql|mariadb|percona|mongo|mongodb|redis|valkey|memcached|rabbitmq|elasticsearch|opensearch|solr|kafka|zookeeper|cassandra|neo4j|influxdb|eventstore|etcd|minio|localstack|dynamodb-local|mailhog|mailpit|mailcatcher|adminer|pgadmin4?|phpmyadmin|mongo-express)\b/i;

/** Whether an image is a database, a queue or the like: something that an app uses, and no app. */
export function isInfrastructure(image: string): boolean {
  const name =
    image
      .replace(/[:@].*$/, '')
      .split('/')
      .at(-1) ?? '';
  return infrastructure.test(name);
}
