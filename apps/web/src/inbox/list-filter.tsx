import { IconChevronDown } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { ChannelKind, ConversationStatus } from '#contract';
import type { ConversationFilter } from '../conversations.js';
import { ActionMenu } from '../ui/action-menu.js';
import styles from './list-filter.module.css';

const STATUSES: readonly (ConversationStatus | undefined)[] = [undefined, 'open', 'pending', 'snoozed', 'closed'];
const CHANNELS: readonly (ChannelKind | undefined)[] = [undefined, 'messenger', 'email'];

/** Which part of a view the list shows. It is in the address, so it can be kept and passed on. */
export function ListFilter({ filter }: { filter: ConversationFilter }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const show = (change: Pick<ConversationFilter, 'status' | 'channel'>) =>
    void navigate({
      to: '/inbox/$view',
      params: { view: filter.view },
      search: { status: filter.status, channel: filter.channel, teamId: filter.teamId, ...change },
    });
  const nameOfStatus = (status: ConversationStatus | undefined) => (status === undefined ? t('list.notClosed') : t(`status.${status}`));
  const nameOfChannel = (channel: ChannelKind | undefined) => (channel === undefined ? t('list.allChannels') : t(`channel.${channel}`));
  const status = nameOfStatus(filter.status);
  const channel = nameOfChannel(filter.channel);
  const shown = filter.channel === undefined ? status : `${status} · ${channel}`;
  return (
    <ActionMenu
      className={styles.button}
      label={t('list.filter', { shown })}
      position="bottom-end"
      widthPx={200}
      groups={[
        {
          key: 'status',
          label: t('list.filterStatus'),
          choices: STATUSES.map((each) => ({
            key: each ?? 'any',
            label: nameOfStatus(each),
            isChosen: each === filter.status,
            onChoose: () => show({ status: each }),
          })),
        },
        {
          key: 'channel',
          label: t('list.filterChannel'),
          choices: CHANNELS.map((each) => ({
            key: each ?? 'any',
            label: nameOfChannel(each),
            isChosen: each === filter.channel,
            onChoose: () => show({ channel: each }),
          })),
        },
      ]}
    >
      {shown}
      <IconChevronDown size={14} aria-hidden />
    </ActionMenu>
  );
}
