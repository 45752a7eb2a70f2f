"""What files beside a pipeline's own say: policy, waivers, champions, rollouts, acceptances."""
