#!/bin/bash
# full-boot.sh STATE SCRIPT NODE PACKAGE: boots this machine's own programs as another machine, with systemd as process 1, its log-in manager
# and a bus; nothing of the real one is touched. What is written stays in STATE, for the next boot. SCRIPT is run by root once it is up,
# then the machine is switched off, unless SCRIPT has done so. Node is there as /opt/node, the package as /opt/muster. What SCRIPT says is in
# STATE/said. Ends with its exit status, or with 77 where no machine can be had here, and says why; SIGTERM cuts the power.
set -eu
umask 022
self=$(realpath "${BASH_SOURCE[0]}")
case :$PATH: in *:/usr/sbin:*) ;; *) PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin ;; esac
no() { echo "$1" >&2; exit 77; }

outer() {
  local program state=$1
  ((EUID == 0)) || no 'only root can boot a machine'
  for program in unshare setpriv mount pivot_root loginctl dbus-daemon useradd runuser tmux /lib/systemd/systemd /lib/systemd/systemd-logind; do
    command -v "$program" >/dev/null || no "$program is not installed"
  done
  mkdir -p "$state"/{upper,work,root,cgroup2}
  rm -f "$state/status"
  exec unshare --mount --propagation private "$self" cgroup "$@"
}

cgroup() {
  local state=$1 cgroup status=0
  mount -t cgroup2 cgroup2 "$state/cgroup2" 2>/dev/null || no 'cgroup version 2 cannot be mounted'
  cgroup=$state/cgroup2/muster-boot-$$
  mkdir "$cgroup" || no 'no cgroup can be made'
  trap 'echo 1 >"$cgroup/cgroup.kill"' TERM
  (
    trap - TERM
    echo $BASHPID >"$cgroup/cgroup.procs"
    exec unshare --cgroup --uts --ipc --net --pid --fork --kill-child --mount --propagation private "$self" machine "$@"
  ) &
  wait $! || status=$?
  # As the root of its namespace it is emptied by the kernel, which takes a moment.
  until gone "$cgroup"; do read -rt 0.05 <> <(:) || :; done
  if ((status == 77)); then exit 77; fi
  exit "$(cat "$state/status" 2>/dev/null || echo 1)"
}

gone() {
  find "$1" -depth -type d -exec rmdir {} + 2>/dev/null || :
  [[ ! -d $1 ]]
}

machine() {
  local state=$1 script=$2 node=$3 package=$4 new=$1/root device place
  mount -t overlay -o "lowerdir=/,upperdir=$state/upper,workdir=$state/work" overlay "$new" 2>/dev/null ||
    no 'no overlay can be mounted over this root'
  mount -t proc proc "$new/proc"
  tr -d '\n' </proc/sys/kernel/random/uuid >"$state/boot-id"
  mount --bind "$state/boot-id" "$new/proc/sys/kernel/random/boot_id"
  mount --rbind "$new/proc/sys" "$new/proc/sys"
  mount -o remount,bind,ro "$new/proc/sys"
  mount -t sysfs -o ro sysfs "$new/sys" || no 'sysfs cannot be mounted'
  mount -t cgroup2 cgroup2 "$new/sys/fs/cgroup" || no 'a cgroup namespace cannot be had'
  mount -t tmpfs -o mode=755 tmpfs "$new/dev"
  mkdir "$new"/dev/{pts,shm}
  for device in null zero full random urandom tty; do
    : >"$new/dev/$device"
    mount --bind "/dev/$device" "$new/dev/$device"
  done
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$new/dev/pts"
  ln -s pts/ptmx "$new/dev/ptmx"
  ln -s /proc/self/fd "$new/dev/fd"
  for place in run tmp var/tmp dev/shm; do mount -t tmpfs -o mode=1777 tmpfs "$new/$place"; done
  chmod 755 "$new/run"
  mkdir -p "$new/opt/muster" "$new/run/story"
  : >>"$new/opt/node"
  # A copy: the checkout may be closed to other users.
  mount -t tmpfs -o mode=755 tmpfs "$new/opt/muster"
  cp -R "$package"/{dist,units,rosters,package.json} "$new/opt/muster"
  chmod -R a+rX "$new/opt/muster"
  mount --bind "$node" "$new/opt/node"
  mount --bind "$state" "$new/run/story"
  cp "$script" "$state/script"
  furnish "$new" "$state"
  cd "$new"
  mkdir -p run/old
  pivot_root . run/old
  # No way to set the clock, to load modules, or to reach a disk.
  exec setpriv --bounding-set -sys_time,-sys_module,-sys_rawio,-mknod env -i container=muster TERM=dumb \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    bash -c 'umount -l /run/old; rmdir /run/old; exec /lib/systemd/systemd --system --unit=story.target --log-target=console --show-status=no' \
    </dev/null >/dev/null 2>&1
}

# The bus, the log-in manager and the script; nothing of what this machine runs besides.
furnish() {
  local new=$1 state=$2 units=$1/run/systemd/system unit
  mkdir -p "$units"
  if [[ ! -e $state/upper/etc/machine-id ]]; then tr -d - </proc/sys/kernel/random/uuid >"$new/etc/machine-id"; fi
  if [[ ! -e $new/etc/pam.d/systemd-user && ! -e $new/usr/lib/pam.d/systemd-user ]]; then
    printf 'account required pam_permit.so\nsession optional pam_systemd.so\n' >"$new/etc/pam.d/systemd-user"
  fi
  cat >"$units/story.target" <<'END'
[Unit]
Requires=basic.target dbus.socket systemd-logind.service systemd-user-sessions.service
Wants=story.service
After=basic.target dbus.socket systemd-logind.service systemd-user-sessions.service
END
  cat >"$units/story.service" <<'END'
[Unit]
After=basic.target dbus.socket systemd-logind.service systemd-user-sessions.service
[Service]
StandardOutput=append:/run/story/said
StandardError=append:/run/story/said
ExecStart=/bin/bash -c 'bash /run/story/script; echo $? >/run/story/status; systemctl poweroff --no-block'
END
  for unit in systemd-{modules-load,sysctl,timesyncd,networkd,resolved,remount-fs,random-seed,udevd,udev-trigger}.service \
    systemd-udevd-{kernel,control}.socket systemd-journald-audit.socket {networking,apparmor,ssh,cron,docker,containerd,snapd}.service; do
    ln -sf /dev/null "$units/$unit"
  done
  for unit in "$new"/{lib,etc}/systemd/system/*.timer; do ln -sf /dev/null "$units/${unit##*/}"; done
}

stage=outer
case ${1-} in cgroup | machine) stage=$1 && shift ;; esac
"$stage" "$@"
