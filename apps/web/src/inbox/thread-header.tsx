import { ActionIcon, Button, UnstyledButton } from '@mantine/core';
import {
  IconArrowLeft,
  IconCheck,
  IconChevronDown,
  IconExternalLink,
  IconHourglass,
  IconLayoutSidebarRight,
  IconUserPlus,
} from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useRouter } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Conversation, ConversationRow } from '#contract';
import { changeConversation, type ConversationFilter, neighbourOf, type WantedChange } from '../conversations.js';
import { useFormats } from '../formats.js';
import { shortcutProps, useShortcut } from '../keyboard.js';
import { useSession } from '../session.js';
import { agentsQuery, rolesQuery, teamsQuery } from '../settings.js';
import { LinkIcon } from '../ui/link-button.js';
import { ActionMenu } from '../ui/action-menu.js';
import type { MenuChoice } from '../ui/action-menu-choices.js';
import { ChannelMark } from '../ui/channel-mark.js';
import { Face } from '../ui/face.js';
import { notifyFailed, sentenceOf } from '../ui/notify.js';
import { conversationIn } from './address.js';
import { isAssignable, teamsSeeing } from './assignable.js';
import { cursor } from './cursor.js';
import styles from './thread-header.module.css';
import { isSafeAddress } from './web-addresses.js';

interface ThreadHeaderProps {
  row: ConversationRow;
  whole: Conversation | undefined;
  filter: ConversationFilter;
  areDetailsShown: boolean;
  onDetails: () => void;
}

/** Change the open conversation: shown at once, put back with a sentence when the server says no. */
function useChange(row: ConversationRow) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { agent } = useSession();
  return (wanted: WantedChange) => {
    changeConversation(client, row.id, wanted, agent.id).catch((error: unknown) => {
      notifyFailed(t('thread.changeFailed', { reason: sentenceOf(error) }));
    });
  };
}

/** Who it is, how it stands, until when it is kept; and what one does most. */
export function ThreadHeader({ row, whole, filter, areDetailsShown, onDetails }: ThreadHeaderProps) {
  const { t } = useTranslation();
  const { agent } = useSession();
  const client = useQueryClient();
  const navigate = useNavigate();
  const change = useChange(row);
  const closeAndGoOn = () => {
    const next = neighbourOf(client, filter, row.id);
    change({ status: 'closed' });
    const search = { status: filter.status, channel: filter.channel, teamId: filter.teamId };
    if (!next) {
      void navigate({ to: '/inbox/$view', params: { view: filter.view }, search });
      return;
    }
    cursor.set(next.id);
    void navigate({ to: '/inbox/$view/$conversationId', params: { view: filter.view, conversationId: next.id }, search });
  };
  const assignToMe = () => {
    change({ assignee: { id: agent.id, name: agent.name } });
  };
  const router = useRouter();
  // A key pressed while the next conversation is on its way is meant for that one, and must not hit the one still on the screen.
  const onlyHere = (act: () => void) => () => {
    if (conversationIn(router.latestLocation.pathname) === row.id) act();
  };
  useShortcut('close', onlyHere(closeAndGoOn), row.status !== 'closed');
  const isMerged = row.mergedInto !== null;
  useShortcut('assignToMe', onlyHere(assignToMe), !isMerged);
  return (
    <div className={styles.place}>
      <header className={styles.header}>
        <LinkIcon
          to="/inbox/$view"
          params={{ view: filter.view }}
          search={{ status: filter.status, channel: filter.channel, teamId: filter.teamId }}
          className={styles.back}
          aria-label={t('thread.backToList')}
        >
          <IconArrowLeft size={18} aria-hidden />
        </LinkIcon>
        <div className={styles.what}>
          <h1 className={styles.who}>
            <ChannelMark channel={row.channel} kind={row.kind} />
            <span className={styles.name}>{row.contact.name}</span>
            <span className={styles.number} data-number>
              {t('thread.number', { number: row.number })}
            </span>
          </h1>
          {row.channel === 'email' && row.subject !== '' && (
            <p className={styles.subject} title={row.subject} dir="auto">
              {row.subject}
            </p>
          )}
        </div>
        <div className={styles.chips}>
          {!isMerged && <StatusMenu row={row} onChange={change} />}
          {!isMerged && <AssigneeMenu row={row} onChange={change} onMe={assignToMe} />}
          {whole && <PostLink conversation={whole} />}
          {whole && <EraseBadge conversation={whole} onClick={onDetails} />}
        </div>
        <div className={styles.acts}>
          {isMerged ? null : row.status === 'closed' ? (
            <Button variant="default" onClick={() => change({ status: 'open' })}>
              {t('thread.reopen')}
            </Button>
          ) : (
            <Button
              variant="default"
              leftSection={<IconCheck size={14} aria-hidden />}
              onClick={closeAndGoOn}
              {...shortcutProps('close', t('thread.close'))}
            >
              {t('thread.close')}
            </Button>
          )}
          <ActionIcon
            aria-label={areDetailsShown ? t('thread.hideDetails') : t('thread.details')}
            aria-expanded={areDetailsShown}
            onClick={onDetails}
            {...shortcutProps('details', areDetailsShown ? t('thread.hideDetails') : t('thread.details'))}
          >
            <IconLayoutSidebarRight size={18} aria-hidden />
          </ActionIcon>
        </div>
      </header>
    </div>
  );
}

function StatusMenu({ row, onChange }: { row: ConversationRow; onChange: (wanted: WantedChange) => void }) {
  const { t } = useTranslation();
  const status = t(`status.${row.status}`);
  const names = { open: t('status.open'), pending: t('thread.setPending'), closed: t('status.closed') };
  return (
    <ActionMenu
      className={styles.chip}
      status={row.status}
      label={t('thread.status', { status })}
      groups={[
        {
          key: 'status',
          choices: (['open', 'pending', 'closed'] as const).map((each) => ({
            key: each,
            label: names[each],
            isChosen: row.status === each,
            onChoose: () => onChange({ status: each }),
          })),
        },
      ]}
    >
      <span className={styles.light} aria-hidden="true" />
      {status}
      <IconChevronDown size={12} aria-hidden />
    </ActionMenu>
  );
}

interface AssigneeMenuProps {
  row: ConversationRow;
  onChange: (wanted: WantedChange) => void;
  onMe: () => void;
}

function AssigneeMenu({ row, onChange, onMe }: AssigneeMenuProps) {
  const { t } = useTranslation();
  const { agent } = useSession();
  const { data } = useQuery(agentsQuery);
  const { data: teams } = useQuery(teamsQuery);
  const { data: roles } = useQuery(rolesQuery);
  const name = row.assignee?.name;
  const me: MenuChoice = {
    key: 'me',
    label: t('thread.assignToMe'),
    icon: <Face name={agent.name} sizePx={20} />,
    hint: shortcutProps('assignToMe', t('thread.assignToMe')),
    isChosen: row.assignee?.id === agent.id,
    onChoose: onMe,
  };
  const house = { teams: teams?.items ?? [], roles: roles?.items ?? [] };
  const others = (data?.items ?? [])
    .filter((other) => other.id !== agent.id && isAssignable(other, row.connection.id, house))
    .map((other) => ({
      key: other.id,
      label: other.name,
      icon: <Face name={other.name} sizePx={20} />,
      isChosen: row.assignee?.id === other.id,
      onChoose: () => onChange({ assignee: { id: other.id, name: other.name } }),
    }));
  const teamChoices = teamsSeeing(row.connection.id, house.teams).map(({ id, name: teamName }) => ({
    key: id,
    label: teamName,
    isChosen: row.team?.id === id,
    onChoose: () => onChange({ team: row.team?.id === id ? null : { id, name: teamName } }),
  }));
  const nobody = { key: 'nobody', choices: [{ key: 'nobody', label: t('thread.unassign'), onChoose: () => onChange({ assignee: null }) }] };
  return (
    <ActionMenu
      className={styles.chip}
      label={name === undefined ? t('thread.nobody') : t('thread.assignee', { name })}
      groups={[
        { key: 'people', choices: [me, ...others] },
        ...(teamChoices.length > 0 ? [{ key: 'teams', label: t('rail.teams'), choices: teamChoices }] : []),
        ...(row.assignee ? [nobody] : []),
      ]}
    >
      {name === undefined ? <IconUserPlus size={14} aria-hidden /> : <Face name={name} sizePx={16} />}
      <span className={styles.chipText}>{name ?? t('thread.nobody')}</span>
      <IconChevronDown size={12} aria-hidden />
    </ActionMenu>
  );
}

/** Where the comments stand. */
function PostLink({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const url = conversation.post?.url;
  if (typeof url !== 'string' || !isSafeAddress(url)) return null;
  return (
    <a className={styles.chip} href={url} target="_blank" rel="noopener noreferrer" title={t('thread.postTitle')}>
      <IconExternalLink size={13} aria-hidden />
      {t('thread.post')}
    </a>
  );
}

/** Until when this conversation is kept. One look for the date, one click for the why. */
function EraseBadge({ conversation, onClick }: { conversation: Conversation; onClick: () => void }) {
  const { t } = useTranslation();
  const { shortDate } = useFormats();
  const { retention } = conversation;
  const title = t('retention.badgeTitle', {
    date: shortDate(retention.endsAt),
    rule: retention.ruleName,
    anchor: t(`retention.anchor_${retention.anchor}`),
  });
  return (
    <UnstyledButton className={styles.erase} title={title} aria-label={title} onClick={onClick}>
      <IconHourglass size={13} aria-hidden />
      {t('retention.until', { date: shortDate(retention.endsAt) })}
    </UnstyledButton>
  );
}
