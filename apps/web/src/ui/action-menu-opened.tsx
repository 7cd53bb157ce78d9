import { Menu, UnstyledButton } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { Fragment, useEffect, useRef, useState } from 'react';
import type { ActionMenuProps, MenuChoice } from './action-menu-choices.js';
import styles from './action-menu.module.css';

/** The menu itself. It comes into being because its button was pressed, so it opens at once; closing gives the focus back to the button. */
export default function ActionMenuOpened({
  label,
  className,
  status,
  children,
  groups,
  widthPx = 220,
  position = 'bottom-start',
}: ActionMenuProps) {
  const button = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(false);
  const navigate = useNavigate();
  useEffect(() => {
    // The button that was pressed is gone; this one stands in its place and must hold the focus before the menu takes it.
    button.current?.focus();
    setOpen(true);
  }, []);
  const choose = (choice: MenuChoice) => {
    choice.onChoose?.();
    if (choice.to !== undefined) void navigate({ to: choice.to });
  };
  return (
    <Menu
      opened={isOpen}
      onChange={setOpen}
      width={widthPx}
      position={position}
      withinPortal={false}
      floatingStrategy="fixed"
      withInitialFocusPlaceholder={false}
    >
      <Menu.Target>
        <UnstyledButton ref={button} className={className} data-status={status} aria-label={label}>
          {children}
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown className={styles.dropdown}>
        {groups.map((group, index) => (
          <Fragment key={group.key}>
            {index > 0 && <Menu.Divider />}
            {group.label !== undefined && <Menu.Label>{group.label}</Menu.Label>}
            {group.choices.map((choice) => (
              <Menu.Item
                key={choice.key}
                leftSection={choice.icon}
                rightSection={choice.isChosen ? <IconCheck size={14} aria-hidden /> : null}
                onClick={() => choose(choice)}
                {...choice.hint}
              >
                {choice.label}
              </Menu.Item>
            ))}
          </Fragment>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
