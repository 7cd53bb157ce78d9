import { Notifications, notifications } from '@mantine/notifications';

/** Where short notices appear. Fetched with the first notice. */
export function Notices() {
  return <Notifications position="bottom-left" limit={3} />;
}

export { notifications };
