#!/bin/bash
#SBATCH --job-name=spindle-run
#SBATCH --array=1-16
#SBATCH --cpus-per-task=2
#SBATCH --time=04:00:00
#SBATCH --requeue
# parts=$(sbatch --parsable slurm-run.sh /shared/big)
# sbatch --dependency=afterok:"${parts}" --cpus-per-task=2 --wrap="spindle merge /shared/big --quiet"
# Every task does its part of the checkpoints (SLURM_ARRAY_TASK_ID of SLURM_ARRAY_TASK_COUNT).
set -euo pipefail
export RAYON_NUM_THREADS="${SLURM_CPUS_PER_TASK:-1}"
spindle extract "$1" --quiet
spindle analyze "$1" --quiet
